"""The official matrices: built from the database, written as DOCX, XLSX, CSV or JSON."""
