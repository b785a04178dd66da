// Shows the OpenAPI document of this gateway. No other server is asked to check it.
SwaggerUIBundle({
  dom_id: "#explorer",
  url: "../openapi.json",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
