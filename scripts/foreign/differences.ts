/** How what an agent gets through this program may differ from what it gets without it. */
export interface AllowedDifference {
  /** The step: a method, and what it was about. */
  step: RegExp;
  /** The place in what came in, as `response.result.tools.3.name`. */
  path: RegExp;
  /** The value there that the program may add; without it, any. */
  added?: RegExp;
  /** The value there without the program; without it, any. */
  direct?: RegExp;
  why: string;
}

/** Steps that there are only through the program: it offers a skill of its own as resources. */
export const OWN_STEPS = /^resources\/read skill:\/\/imgwire\//;

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
    step: /^(open|server\/discover)$/,
    path: /^response\.result\.capabilities\.(extensions|resources|prompts|completions)$/,
    added: /^\{/,
    why: "the program has a skill and prompts of its own, where the server has none"
  },
  {
    step: /^resources\/list$/,
    path: /^response\.result\.resources\.\d+$/,
    added: /^\{"uri":"skill:\/\/imgwire\//,
    why: "the program's own skill stands after the server's resources"
  },
  {
    step: /^(prompts|resources|resources\/templates)\/(list|read)/,
    path: /^response\.error(\.code|\.message)?$/,
    direct: /-32601|Method not found/,
    why: "the program answers for its own skill and prompts where the server has no such method"
  },
  {
    step: /^(prompts|resources|resources\/templates)\/list$/,
    path: /^response\.result$/,
    added: /^\{"(prompts|resourceTemplates)":\[\]\}$|^\{"resources":\[\{"uri":"skill:\/\/imgwire\//,
    why: "the same: the list holds what is its own, and nothing else"
  },
  {
    step: /^completion\/complete/,
    path: /^response\.error\.(code|message)$/,
    why: "the program completes its own prompts, so that the method is there and the prompt is not"
  },
  {
    step: /^logging\/setLevel$/,
    path: /^response\.(error|result)$/,
    why: "the program keeps the level for whatever server it is connected to next, of either era"
  }
];
