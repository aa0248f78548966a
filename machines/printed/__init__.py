"""What the gallery says of the session in tables: every policy, text and number, beside the published guide's."""
