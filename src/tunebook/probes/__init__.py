"""Short trainings of a task that measure something. Each returns figures; diagnosis judges them."""
