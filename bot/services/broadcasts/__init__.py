"""Sending to many, so that the books balance: draft, approval, plan, batches, balance sheet."""
