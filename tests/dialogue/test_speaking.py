"""What an action answers becomes one message for all channels, with its file and its place."""

import pytest
from rasa_sdk.executor import CollectingDispatcher

from bot.dialogue.speaking import speak
from bot.messages import Button, Document, Location, Outgoing
from responses.render import Renderer

FILE = {"name": "taller.ics", "media_type": "text/calendar", "content": "QkVHSU4="}
PLACE = {"latitude": -0.2299, "longitude": -78.525, "name": "Casa Somos Solanda", "address": ""}


@pytest.fixture(scope="module")
def renderer():
    return Renderer()


def said(renderer, **answer):
    dispatcher = CollectingDispatcher()
    dispatcher.utter_message(**answer)
    (message,) = dispatcher.messages
    return speak(renderer, message, "es")


def test_a_file_and_a_place_come_with_the_words(renderer):
    message = said(renderer, text="Aquí está", json_message={"document": FILE, "location": PLACE})
    assert message == Outgoing("Aquí está", (), Document(**FILE), Location(**PLACE))


def test_a_choice_has_its_second_line_for_channels_that_show_it(renderer):
    choice = {"title": "Cocina", "payload": "/a", "description": "sábados 10:00"}
    message = said(renderer, text="¿Cuál?", buttons=[choice])
    assert message.buttons == (Button("Cocina", "/a", "sábados 10:00"),)


@pytest.mark.parametrize(
    "message",
    [
        Outgoing("hola"),
        Outgoing("hola", (Button("Sí", "/affirm", "de una"),)),
        Outgoing("", (), Document(**FILE), Location(**PLACE)),
    ],
)
def test_a_message_survives_being_kept_as_a_row(message):
    assert Outgoing.from_body(message.as_body()) == message
