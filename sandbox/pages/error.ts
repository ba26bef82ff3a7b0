import { html } from "./html.ts";
import { layout } from "./layout.ts";

/** What a person sees when a sign-in cannot go on, or a page is not there. */
export function errorPage(error: string, description: string | undefined): string {
  return layout(
    "Something went wrong",
    html`<section class="card">
      <h1>This did not work</h1>
      <p>${description ?? "The request could not be answered."}</p>
      <p class="foot">
        Error code: <strong>${error}</strong>. Go back to the program you came from and start again.
      </p>
    </section>`
  );
}
