"""What assembles HTTP: routes, the OpenAPI document, health."""
