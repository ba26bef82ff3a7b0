/** How what an agent gets through this program may differ from what it gets without it. */
export interface AllowedDifference {
  /** The step: a method, and what it was about. */
  step: RegExp;
  /** The place in what came in, as `response.result.tools.3.name`. */
  path: RegExp;
  /** The value there that the program may add; without it, any. */
  added?: RegExp;
  why: string;
}

/** Everything else has to be deeply equal. */
export const ALLOWED: readonly AllowedDifference[] = [
  {
    step: /^tools\/call/,
    path: /^requests\.0$/,
    added: /^\{"jsonrpc":"2.0","method":"roots\/list"\}$/,
    why: "the program asks the agent once which folders it works in, to choose the Environment"
  },
  {
    step: /^open$/,
    path: /^response\.result\.capabilities\.tools\.listChanged$/,
    added: /^true$/,
    why: "the program says when its list changes, whatever the server does"
  },
  {
    step: /^logging\/setLevel$/,
    path: /^response\.(error|result)$/,
    why: "the program keeps the level for whatever server it is connected to next, of either era"
  }
];
