"""Any source of contacts, row by row. Imports no network and no job."""
