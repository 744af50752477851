"""review of reports"""

import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2feb35a98cf4"
down_revision: str | None = "1a69411e38aa"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


REPORT = sa.table(
    "report",
    *(sa.column(n) for n in ("id", "folio", "words", "place", "search", "channel", "account_id")),
)
ACCOUNT = sa.table("account", sa.column("id"), sa.column("channel"))
BATCH = 1000


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).lower()
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def _fill_in() -> None:
    """What older reports lack: the channel of their account, and what text search compares."""
    connection = op.get_bind()
    mine = sa.select(ACCOUNT.c.channel).where(ACCOUNT.c.id == REPORT.c.account_id)
    connection.execute(sa.update(REPORT).values(channel=mine.scalar_subquery()))
    columns = (REPORT.c.id, REPORT.c.folio, REPORT.c.words, REPORT.c.place)
    last = 0
    while True:
        query = sa.select(*columns).where(REPORT.c.id > last).order_by(REPORT.c.id).limit(BATCH)
        rows = connection.execute(query).all()
        if not rows:
            return
        for row in rows:
            said = _plain(f"{row.words} {row.place or ''} {row.folio}")
            connection.execute(sa.update(REPORT).where(REPORT.c.id == row.id).values(search=said))
        last = rows[-1].id


def upgrade() -> None:
    op.create_table(
        "likely_duplicate",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("earlier_id", sa.Integer(), nullable=False),
        sa.Column("likeness", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["earlier_id"],
            ["report.id"],
            name=op.f("fk_likely_duplicate_earlier_id_report"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk_likely_duplicate_report_id_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", "earlier_id", name=op.f("pk_likely_duplicate")),
    )
    with op.batch_alter_table("likely_duplicate", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_likely_duplicate_earlier_id"), ["earlier_id"], unique=False
        )

    op.create_table(
        "report_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=80), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=True),
        sa.Column("outbound_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbound_id"],
            ["outbound.id"],
            name=op.f("fk_report_message_outbound_id_outbound"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
            name=op.f("fk_report_message_report_id_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_message")),
    )
    with op.batch_alter_table("report_message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_report_message_outbound_id"), ["outbound_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_report_message_report_id"), ["report_id"], unique=False
        )

    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unit", sa.String(length=300), nullable=True))
        batch_op.add_column(
            sa.Column("is_sensitive", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("channel", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("joined_to_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("suggestion", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("search", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("awaits", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reopened", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_index("ix_report_channel", ["channel", "id"], unique=False)
        batch_op.create_index(
            "ix_report_counts", ["is_sensitive", "status", "institution", "unit"], unique=False
        )
        batch_op.create_index("ix_report_created_at", ["created_at"], unique=False)
        batch_op.create_index("ix_report_due", ["status", "due_on"], unique=False)
        batch_op.create_index(
            "ix_report_institution", ["institution", "status", "id"], unique=False
        )
        batch_op.create_index(
            "ix_report_joined",
            ["joined_to_id"],
            unique=False,
            sqlite_where=sa.text("joined_to_id IS NOT NULL"),
            postgresql_where=sa.text("joined_to_id IS NOT NULL"),
        )
        batch_op.create_index("ix_report_kind", ["kind", "id"], unique=False)
        batch_op.create_index("ix_report_neighbourhood", ["neighbourhood", "id"], unique=False)
        batch_op.create_index(
            "ix_report_sensitive",
            ["id"],
            unique=False,
            sqlite_where=sa.text("is_sensitive"),
            postgresql_where=sa.text("is_sensitive"),
        )
        batch_op.create_index("ix_report_service", ["service", "id"], unique=False)
        batch_op.create_index("ix_report_status", ["status", "id"], unique=False)
        batch_op.create_index("ix_report_theme", ["theme", "neighbourhood", "id"], unique=False)
        batch_op.create_index("ix_report_zone", ["zone_id", "id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_report_joined_to_id_report"), "report", ["joined_to_id"], ["id"]
        )

    _fill_in()


def downgrade() -> None:
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_report_joined_to_id_report"), type_="foreignkey")
        batch_op.drop_index("ix_report_zone")
        batch_op.drop_index("ix_report_theme")
        batch_op.drop_index("ix_report_status")
        batch_op.drop_index("ix_report_service")
        batch_op.drop_index(
            "ix_report_sensitive",
            sqlite_where=sa.text("is_sensitive"),
            postgresql_where=sa.text("is_sensitive"),
        )
        batch_op.drop_index("ix_report_neighbourhood")
        batch_op.drop_index("ix_report_kind")
        batch_op.drop_index(
            "ix_report_joined",
            sqlite_where=sa.text("joined_to_id IS NOT NULL"),
            postgresql_where=sa.text("joined_to_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_report_institution")
        batch_op.drop_index("ix_report_due")
        batch_op.drop_index("ix_report_counts")
        batch_op.drop_index("ix_report_created_at")
        batch_op.drop_index("ix_report_channel")
        batch_op.drop_column("reopened")
        batch_op.drop_column("confirmed_at")
        batch_op.drop_column("resolved_at")
        batch_op.drop_column("answered_at")
        batch_op.drop_column("accepted_at")
        batch_op.drop_column("awaits")
        batch_op.drop_column("search")
        batch_op.drop_column("suggestion")
        batch_op.drop_column("due_on")
        batch_op.drop_column("reason")
        batch_op.drop_column("joined_to_id")
        batch_op.drop_column("channel")
        batch_op.drop_column("is_sensitive")
        batch_op.drop_column("unit")

    with op.batch_alter_table("report_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_message_report_id"))
        batch_op.drop_index(batch_op.f("ix_report_message_outbound_id"))

    op.drop_table("report_message")
    with op.batch_alter_table("likely_duplicate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_likely_duplicate_earlier_id"))

    op.drop_table("likely_duplicate")
