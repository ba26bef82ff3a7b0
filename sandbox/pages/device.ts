import { decision, environmentChoice, identity, permissions, type Asking } from "./consent.ts";
import { html } from "./html.ts";
import { layout } from "./layout.ts";

/** Asks for the code that the device shows. */
export function deviceCodePage(wrongCode?: string): string {
  const complaint =
    wrongCode &&
    html`<p>
      <strong>${wrongCode}</strong> is not a code that is waiting. It may have been used, or have expired.
    </p>`;
  return layout(
    "Connect a device",
    html`<section class="card">
      <h1>Enter the code</h1>
      ${complaint}
      <p>It is shown by the program that you are signing in to.</p>
      <form method="get" action="/device">
        <input
          class="code"
          type="text"
          name="user_code"
          aria-label="Code"
          placeholder="XXXX-XXXX"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          required
          autofocus
        />
        <div class="actions"><button class="primary">Continue</button></div>
      </form>
    </section>`
  );
}

/** Shows the code and who asks, and takes the decision. */
export function deviceConfirmPage(asking: Asking & { userCode: string }): string {
  return layout(
    "Connect a device",
    html`<section class="card">
      <h1>Connect ${asking.clientName}?</h1>
      <p>Signed in as ${identity(asking.organization)}. Go on only if your program shows this very code:</p>
      <output class="code">${asking.userCode}</output>
      <form method="post" action="/device">
        <input type="hidden" name="user_code" value="${asking.userCode}" />
        ${permissions()}${environmentChoice(asking)}${decision()}
      </form>
    </section>`
  );
}

export function deviceDonePage(outcome: "allowed" | "denied", clientName: string): string {
  const [title, text] =
    outcome === "allowed"
      ? [`${clientName} is connected`, "You can close this page and go back to your program."]
      : ["Nothing was connected", `${clientName} was refused. You can close this page.`];
  return layout(
    title,
    html`<section class="card">
      <h1>${title}</h1>
      <p>${text}</p>
    </section>`
  );
}
