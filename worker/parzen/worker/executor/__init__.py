"""Where objectives run: apart from the agent, so that nothing they do can harm it."""
