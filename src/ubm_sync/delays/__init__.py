"""Who delayed an onboarding, by how much, and how anybody can check it."""
