"""unit of a reviewer"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "656519ab89ee"
down_revision: str | None = "04d5771ded4e"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unit", sa.String(length=300), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_column("unit")
