// The API's page: Swagger UI shows the document of this node, and sends what is tried with the token of this tab.

import { byId, mark, say } from "./dom.js";
import { dark, themeButton } from "./themes.js";
import { forgetToken, keepToken, token, tokenFault } from "./token.js";

// Swagger UI shows each request as a command, too. That command has this text where the request has the token.
const PLACEHOLDER = "<token>";

/** Schemes whose token goes in the Authorization header. The field's token in the query is left out, as addresses are kept in histories. */
const SCHEMES = ["bearer", "joinToken", "bodyToken"];

function withToken(request) {
  if (request.headers?.Authorization !== `Bearer ${PLACEHOLDER}`) return request;
  const { Authorization, ...others } = request.headers;
  return { ...request, headers: token() ? { ...others, Authorization: `Bearer ${token()}` } : others };
}

/** Swagger UI's own ways to enter a token: the form at the top of the page takes their place. */
const withoutLocks = () => ({ wrapComponents: { authorizeBtn: () => () => null, authorizeOperationBtn: () => () => null } });

function showToken() {
  const known = Boolean(token());
  say(byId("token-state"), known
    ? "Requests that you try here go to this node with the token of this tab. They are real: a start computes and a stop stops."
    : "Requests that you try here go to this node. Most need a token: a small node's, or the join token for those of the operator. It stays in this tab, for the dashboard too.");
  byId("token").hidden = known;
  byId("use").hidden = known;
  byId("forget").hidden = !known;
}

byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const entered = byId("token").value.trim();
  const fault = tokenFault(entered);
  say(byId("token-fault"), fault ?? "");
  mark(byId("token"), "aria-invalid", fault && "true");
  if (fault) return;
  keepToken(entered);
  byId("token").value = "";
  showToken();
});
byId("forget").addEventListener("click", () => {
  forgetToken();
  showToken();
  byId("token").focus();
});

const paint = () => document.documentElement.classList.toggle("dark-mode", dark());
themeButton(paint);
paint();
showToken();

const page = SwaggerUIBundle({
  url: "/openapi",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  validatorUrl: null,
  requestInterceptor: withToken,
  showMutatedRequest: false,
  plugins: [withoutLocks],
  onComplete: () => SCHEMES.forEach((scheme) => page.preauthorizeApiKey(scheme, PLACEHOLDER)),
});
