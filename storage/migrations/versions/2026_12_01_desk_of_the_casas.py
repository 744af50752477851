"""what staff decide about enrolments, and frequent messages from an index"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5d0c2a7be914"
down_revision: str | None = "2feb35a98cf4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("enrollment", sa.Column("confirmed_at", sa.DateTime(timezone=True)))
    op.add_column("enrollment", sa.Column("reason", sa.String(length=300)))
    op.create_index("ix_example_frequent", "example", ["status", "count", "id"])


def downgrade() -> None:
    op.drop_index("ix_example_frequent", table_name="example")
    op.drop_column("enrollment", "reason")
    op.drop_column("enrollment", "confirmed_at")
