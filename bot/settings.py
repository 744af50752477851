"""Settings from environment variables `SOMOS_*`; each is described in the README."""

import re
from datetime import datetime, time
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# What Telegram takes as a webhook's secret.
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Settings(BaseSettings):
    """Twelve-factor settings. Empty means: that part is not configured."""

    model_config = SettingsConfigDict(env_prefix="SOMOS_", env_ignore_empty=True)

    data_dir: Path = Path(".somos")
    database_url: str = ""
    now: datetime | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    fallback_threshold: float = 0.4
    held_out: Path | None = None
    telegram_token: SecretStr = SecretStr("")
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_url: str = ""
    telegram_webhook_secret: SecretStr = Field(default=SecretStr(""), validate_default=True)
    burst_seconds: float = Field(default=2.0, ge=0)
    # Messages a second; a chat may have its burst at once, and then one by one.
    telegram_rate: float = Field(default=30.0, gt=0)
    telegram_chat_rate: float = Field(default=1.0, gt=0)
    whatsapp_rate: float = Field(default=80.0, gt=0)
    whatsapp_chat_rate: float = Field(default=1 / 6, gt=0)
    whatsapp_chat_burst: int = Field(default=45, ge=1)
    delivery_attempts: int = Field(default=8, ge=1)
    # Broadcasts rest between these hours; the same hour twice: never.
    quiet_from: time = time(20)
    quiet_until: time = time(7)
    broadcast_approval_size: int = Field(default=100, ge=0)
    whatsapp_token: SecretStr = SecretStr("")
    whatsapp_phone_id: str = Field(default="", pattern=r"^[0-9]*$")
    whatsapp_app_secret: SecretStr = SecretStr("")
    whatsapp_verify_token: SecretStr = SecretStr("")
    whatsapp_api_url: str = "https://graph.facebook.com"
    whatsapp_template: str = ""
    templates_dir: Path | None = None
    media_max_mb: float = Field(default=16.0, gt=0)
    office_opens: time = time(8)
    office_closes: time = time(16, 30)
    handoff_minutes: int = Field(default=30, ge=1)

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _is_set_for_a_webhook(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("telegram_webhook_url") and not SECRET.fullmatch(
            secret.get_secret_value()
        ):
            raise ValueError(
                "where SOMOS_TELEGRAM_WEBHOOK_URL is set, this must be 1 to 256 letters, digits, "
                "_ or -, for example what this prints: openssl rand -hex 32"
            )
        return secret

    @property
    def database(self) -> str:
        """The database URL; a SQLite file in the data folder unless told otherwise."""
        return self.database_url or f"sqlite:///{self.data_dir / 'somos.db'}"

    @property
    def has_whatsapp(self) -> bool:
        """Whether WhatsApp is configured: half of it would answer nobody."""
        secrets = (self.whatsapp_token, self.whatsapp_app_secret, self.whatsapp_verify_token)
        return bool(self.whatsapp_phone_id) and all(s.get_secret_value() for s in secrets)

    @property
    def media_dir(self) -> Path:
        """Where files that citizens sent are kept."""
        return self.data_dir / "media"

    @property
    def photographs_dir(self) -> Path:
        """Where photographs of dialogues are kept."""
        return self.data_dir / "photographs"

    @property
    def model_path(self) -> Path:
        """Where the trained classifier is kept."""
        return self.data_dir / "model.npz"
