"""Scenarios out of what people have: a Schema-Guided Dialogue schema, a Rasa project, an OpenAPI document."""
