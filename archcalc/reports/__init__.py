"""What each command found, as typed tables; no text is made here."""
