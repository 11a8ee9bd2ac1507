"""``parzen launch docker``: agents as containers on Docker hosts."""
