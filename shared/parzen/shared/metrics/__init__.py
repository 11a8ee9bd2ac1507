"""What operators can watch of agents and coordinators: a table, a recorder, a small server."""
