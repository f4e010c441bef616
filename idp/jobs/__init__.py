"""Long work that somebody ordered and the worker does: who has a job at present, and the files that it works on."""
