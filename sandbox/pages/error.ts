import { html } from "./html.ts";
import { layout } from "./layout.ts";

const explanations: Record<string, string> = {
  expired: "This sign-in has expired, or was started in another browser.",
  invalid_client: "We don't recognise the app that sent you here.",
  invalid_redirect_uri: "The app that sent you here asked to return to an address that it hasn't registered.",
  server_error: "Something failed on our side."
};

/**
 * The page that people see if a sign-in can't continue.
 * @param error an OAuth error code, or `expired`
 */
export function errorPage(error: string, description?: string): string {
  const explanation =
    explanations[error] ??
    `The app that sent you here made a request we can't answer: ${description ?? error}.`;
  return layout(
    "Something went wrong",
    html`<section class="card">
      <h1>Something went wrong</h1>
      <p>${explanation}</p>
      <p>Return to your terminal and run <code>imgwire login</code> again. (${error})</p>
    </section>`
  );
}

/** The dashboard's page for unknown addresses. */
export function notFoundPage(): string {
  return layout(
    "Page not found",
    html`<section class="card">
      <h1>Page not found</h1>
      <p>There's no page at this address. Go to <a href="/connections">Connections</a>.</p>
    </section>`,
    "none"
  );
}
