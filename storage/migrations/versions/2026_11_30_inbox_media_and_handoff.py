"""inbox, media and handoff"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "78fcfc808f64"
down_revision: str | None = "8f6d8f56fe89"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "handoff_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("taken_by", sa.String(length=300), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_word_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_handoff_case_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff_case")),
    )
    with op.batch_alter_table("handoff_case", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_handoff_case_conversation_id"), ["conversation_id"], unique=False
        )
        batch_op.create_index(
            "ix_handoff_case_open",
            ["conversation_id"],
            unique=True,
            sqlite_where=sa.text("status != 'closed'"),
            postgresql_where=sa.text("status != 'closed'"),
        )
        batch_op.create_index(batch_op.f("ix_handoff_case_status"), ["status"], unique=False)

    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbound_id"],
            ["inbound.id"],
            name=op.f("fk_media_inbound_id_inbound"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_inbound_id"), ["inbound_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_media_status"), ["status"], unique=False)

    op.execute(
        "INSERT INTO handoff_case (conversation_id, status, opened_at)"
        " SELECT id, 'waiting', handoff_at FROM conversation WHERE handoff_at IS NOT NULL"
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("handoff_at")

    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("attachments", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(
            sa.Column("sent_order", sa.BigInteger(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("album", sa.String(length=80), nullable=True))
        batch_op.add_column(
            sa.Column("is_public", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        batch_op.alter_column("conversation_id", existing_type=sa.INTEGER(), nullable=True)
        batch_op.create_index(
            "ix_inbound_waiting",
            ["conversation_id", "due_at"],
            unique=False,
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )
        batch_op.drop_constraint(
            batch_op.f("fk_inbound_conversation_id_conversation"), type_="foreignkey"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_inbound_conversation_id_conversation"),
            "conversation",
            ["conversation_id"],
            ["id"],
            ondelete="SET NULL",
        )

    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(length=80), nullable=False, server_default="reply")
        )
        batch_op.add_column(sa.Column("doubtful", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_outbound_external_id", ["channel", "external_id"], unique=False)
        batch_op.create_index(
            "ix_outbound_unsent",
            ["channel", "conversation_id", "id"],
            unique=False,
            sqlite_where=sa.text("status IN ('queued', 'sending')"),
            postgresql_where=sa.text("status IN ('queued', 'sending')"),
        )
        batch_op.drop_constraint(batch_op.f("fk_outbound_inbound_id_inbound"), type_="foreignkey")
        batch_op.create_foreign_key(
            batch_op.f("fk_outbound_inbound_id_inbound"),
            "inbound",
            ["inbound_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_outbound_inbound_id_inbound"), type_="foreignkey")
        batch_op.create_foreign_key(
            batch_op.f("fk_outbound_inbound_id_inbound"),
            "inbound",
            ["inbound_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch_op.drop_index(
            "ix_outbound_unsent",
            sqlite_where=sa.text("status IN ('queued', 'sending')"),
            postgresql_where=sa.text("status IN ('queued', 'sending')"),
        )
        batch_op.drop_index("ix_outbound_external_id")
        batch_op.drop_column("handed_at")
        batch_op.drop_column("doubtful")
        batch_op.drop_column("kind")

    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_inbound_conversation_id_conversation"), type_="foreignkey"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_inbound_conversation_id_conversation"),
            "conversation",
            ["conversation_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch_op.drop_index(
            "ix_inbound_waiting",
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )
        batch_op.alter_column("conversation_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("attempts")
        batch_op.drop_column("due_at")
        batch_op.drop_column("is_public")
        batch_op.drop_column("album")
        batch_op.drop_column("sent_order")
        batch_op.drop_column("attachments")

    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("handoff_at", sa.DATETIME(), nullable=True))

    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_media_status"))
        batch_op.drop_index(batch_op.f("ix_media_inbound_id"))

    op.drop_table("media")
    with op.batch_alter_table("handoff_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handoff_case_status"))
        batch_op.drop_index(
            "ix_handoff_case_open",
            sqlite_where=sa.text("status != 'closed'"),
            postgresql_where=sa.text("status != 'closed'"),
        )
        batch_op.drop_index(batch_op.f("ix_handoff_case_conversation_id"))

    op.drop_table("handoff_case")
