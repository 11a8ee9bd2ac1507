"""Agents as processes of this machine that survive the terminal: started, known, asked to quit."""
