"""progress of commitments"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "066198744800"
down_revision: str | None = "5d0c2a7be914"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "photograph",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dialogue_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("caption", sa.String(length=300), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.String(length=300), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dialogue_id"],
            ["dialogue.id"],
            name=op.f("fk_photograph_dialogue_id_dialogue"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photograph")),
        sa.UniqueConstraint("dialogue_id", "digest", name=op.f("uq_photograph_dialogue_id_digest")),
    )
    op.create_table(
        "commitment_origin",
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_origin_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["matrix_entry.id"],
            name=op.f("fk_commitment_origin_entry_id_matrix_entry"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("commitment_id", "entry_id", name=op.f("pk_commitment_origin")),
    )
    with op.batch_alter_table("commitment_origin", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_commitment_origin_entry_id"), ["entry_id"], unique=False
        )

    op.create_table(
        "commitment_told",
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_commitment_told_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_told_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "commitment_id", "account_id", "status", name=op.f("pk_commitment_told")
        ),
    )
    with op.batch_alter_table("commitment_told", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_commitment_told_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "progress_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_progress_note_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_progress_note")),
    )
    with op.batch_alter_table("progress_note", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_progress_note_commitment_id"), ["commitment_id"], unique=False
        )

    with op.batch_alter_table("commitment", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("status", sa.String(length=80), nullable=False, server_default="proposed")
        )
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column("owner", sa.String(length=300), nullable=False, server_default="")
        )
        batch_op.create_index("ix_commitment_due", ["status", "due_on"], unique=False)

    with op.batch_alter_table("dialogue", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("attendance_groups", sa.JSON(), nullable=False, server_default="[]")
        )


def downgrade() -> None:
    with op.batch_alter_table("dialogue", schema=None) as batch_op:
        batch_op.drop_column("attendance_groups")

    with op.batch_alter_table("commitment", schema=None) as batch_op:
        batch_op.drop_index("ix_commitment_due")
        batch_op.drop_column("owner")
        batch_op.drop_column("due_on")
        batch_op.drop_column("status")

    with op.batch_alter_table("progress_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_progress_note_commitment_id"))

    op.drop_table("progress_note")
    with op.batch_alter_table("commitment_told", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_commitment_told_account_id"))

    op.drop_table("commitment_told")
    with op.batch_alter_table("commitment_origin", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_commitment_origin_entry_id"))

    op.drop_table("commitment_origin")
    op.drop_table("photograph")
