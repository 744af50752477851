"""broadcasts and subscriptions"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "1a69411e38aa"
down_revision: str | None = "d8c069b2f8f5"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "broadcast",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=80), nullable=True),
        sa.Column("slot", sa.String(length=80), nullable=True),
        sa.Column("segment", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("intended", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=300), nullable=False),
        sa.Column("submitted_by", sa.String(length=300), nullable=True),
        sa.Column("approved_by", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scheduled_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast")),
        sa.UniqueConstraint("slot", name=op.f("uq_broadcast_slot")),
    )
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_broadcast_status"), ["status"], unique=False)

    op.create_table(
        "broadcast_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"],
            ["broadcast.id"],
            name=op.f("fk_broadcast_text_broadcast_id_broadcast"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast_text")),
        sa.UniqueConstraint(
            "broadcast_id",
            "reason",
            "language",
            name=op.f("uq_broadcast_text_broadcast_id_reason_language"),
        ),
    )
    op.create_table(
        "recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_recipient_account_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["broadcast_id"],
            ["broadcast.id"],
            name=op.f("fk_recipient_broadcast_id_broadcast"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient")),
        sa.UniqueConstraint(
            "broadcast_id", "person_id", name=op.f("uq_recipient_broadcast_id_person_id")
        ),
    )
    with op.batch_alter_table("recipient", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recipient_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "ix_recipient_waiting",
            ["broadcast_id", "channel", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )

    with op.batch_alter_table("citizen", schema=None) as batch_op:
        batch_op.create_index(
            "ix_citizen_document", ["document_kind", "document_number"], unique=False
        )

    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recipient_id", sa.Integer(), nullable=True))
        batch_op.create_index(
            "uq_outbound_recipient_id",
            ["recipient_id"],
            unique=True,
            sqlite_where=sa.text("recipient_id IS NOT NULL"),
            postgresql_where=sa.text("recipient_id IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_outbound_recipient_id_recipient"),
            "recipient",
            ["recipient_id"],
            ["id"],
            ondelete="SET NULL",
        )

    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("casa_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("category_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("event_kind", sa.String(length=80), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_subscription_account_id"), ["account_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_subscription_category_id_category"), "category", ["category_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_subscription_casa_id_casa"), "casa", ["casa_id"], ["id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_subscription_one_scope"),
            "(zone_id IS NULL OR casa_id IS NULL AND category_id IS NULL AND event_kind IS NULL)"
            " AND (casa_id IS NULL OR category_id IS NULL AND event_kind IS NULL)"
            " AND (category_id IS NULL OR event_kind IS NULL)",
        )


def downgrade() -> None:
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_subscription_one_scope"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_subscription_casa_id_casa"), type_="foreignkey")
        batch_op.drop_constraint(
            batch_op.f("fk_subscription_category_id_category"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_subscription_account_id"))
        batch_op.drop_column("event_kind")
        batch_op.drop_column("category_id")
        batch_op.drop_column("casa_id")

    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_outbound_recipient_id_recipient"), type_="foreignkey"
        )
        batch_op.drop_index(
            "uq_outbound_recipient_id",
            sqlite_where=sa.text("recipient_id IS NOT NULL"),
            postgresql_where=sa.text("recipient_id IS NOT NULL"),
        )
        batch_op.drop_column("recipient_id")

    with op.batch_alter_table("citizen", schema=None) as batch_op:
        batch_op.drop_index("ix_citizen_document")

    with op.batch_alter_table("recipient", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_recipient_waiting",
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )
        batch_op.drop_index(batch_op.f("ix_recipient_account_id"))

    op.drop_table("recipient")
    op.drop_table("broadcast_text")
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_broadcast_status"))

    op.drop_table("broadcast")
