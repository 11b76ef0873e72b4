"""What lemlist knows, as frozen values, a file a noun."""
