/** An allowed difference between what an agent receives through the program and directly. */
export interface AllowedDifference {
  /** Matches the step: a method and its subject. */
  step: RegExp;
  /** Matches the position in the received data, such as `response.result.tools.3.name`. */
  path: RegExp;
  /** Matches the value received directly, as JSON; `nothing` if there is none. */
  direct: RegExp;
  /** Matches the value received through the program, in the same form. */
  through: RegExp;
  why: string;
}

/** Steps that exist only through the program, which offers its own skill as resources. */
export const OWN_STEPS = /^resources\/read skill:\/\/imgwire\//;

const NOTHING = /^nothing$/;
const OWN_RESOURCE = String.raw`\{"uri":"skill:\/\/imgwire\/SKILL\.md","name":"imgwire","description":"[^"]+","mimeType":"text\/markdown"\}`;

/** Everything else must be deeply equal. */
export const ALLOWED: readonly AllowedDifference[] = [
  {
    step: /^notifications$/,
    path: /^requests\.\d$/,
    direct: NOTHING,
    through: /^\{"jsonrpc":"2.0","method":"roots\/list"\}$/,
    why: "the program asks the agent once which folders it works in, to choose the Environment"
  },
  {
    step: /^open$/,
    path: /^response\.result\.capabilities\.tools\.listChanged$/,
    direct: NOTHING,
    through: /^true$/,
    why: "the program notifies the agent when its list changes, whatever the server does"
  },
  {
    step: /^(open|server\/discover)$/,
    path: /^response\.result\.capabilities\.extensions$/,
    direct: NOTHING,
    through: /^\{"io\.modelcontextprotocol\/skills":\{"directoryRead":true\}\}$/,
    why: "the program has its own skill"
  },
  {
    step: /^open$/,
    path: /^response\.result\.capabilities\.resources$/,
    direct: NOTHING,
    through: /^\{\}$/,
    why: "the files of that skill are resources, even if the server has none"
  },
  {
    step: /^resources\/list$/,
    path: /^response\.result\.resources\.\d+$/,
    direct: NOTHING,
    through: new RegExp(`^${OWN_RESOURCE}$`),
    why: "the program's own skill is listed after the server's resources"
  },
  {
    step: /^(prompts|resources|resources\/templates)\/list$/,
    path: /^response\.error$/,
    direct: /^\{"code":-32601,"message":"Method not found"\}$/,
    through: NOTHING,
    why: "the program answers for its own skill and prompts if the server has no such method"
  },
  {
    step: /^(prompts|resources|resources\/templates)\/list$/,
    path: /^response\.result$/,
    direct: NOTHING,
    through: new RegExp(
      `^\\{"(prompts|resourceTemplates)":\\[\\]\\}$|^\\{"resources":\\[${OWN_RESOURCE}\\]\\}$`
    ),
    why: "the same: the list has only the program's own items"
  },
  {
    step: /^resources\/read an unknown resource$/,
    path: /^response\.error\.code$/,
    direct: /^-32601$/,
    through: /^-32602$/,
    why: "the same: there are resources, but not this one"
  },
  {
    step: /^resources\/read an unknown resource$/,
    path: /^response\.error\.message$/,
    direct: /^"Method not found"$/,
    through: /^"There is no resource with this URI\."$/,
    why: "the same"
  },
  {
    step: /^logging\/setLevel$/,
    path: /^response\.error$/,
    direct: /^\{"code":-32601,"message":"Method not found"\}$/,
    through: NOTHING,
    why: "the program uses the modern era with a server of both eras, where each request states the log level"
  },
  {
    step: /^logging\/setLevel$/,
    path: /^response\.result$/,
    direct: NOTHING,
    through: /^\{\}$/,
    why: "the same"
  }
];
