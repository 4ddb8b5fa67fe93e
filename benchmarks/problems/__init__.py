"""The problems by which tools for derivatives are compared: an ordinary program each, and as each tool has it."""
