import {
  acceptedContent,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext
} from "@modelcontextprotocol/server";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { text, toolAdder } from "./tool.ts";

/** Seals the state that is passed through the client. */
export const codec = createRequestStateCodec<{ round: number }>({ key: randomBytes(32) });

type ObjectSchema = Parameters<typeof inputRequired.elicit>[0]["requestedSchema"];
type Questions = NonNullable<Parameters<typeof inputRequired>[0]["inputRequests"]>;

/** The part of a request's envelope that is used here; the SDK's own type for it has no fields. */
interface Envelope {
  "io.modelcontextprotocol/clientCapabilities"?: { sampling?: object; elicitation?: object };
}

const nameSchema = z.object({ name: z.string() });
const askName = (message = "What is your name?") =>
  inputRequired.elicit({ message, requestedSchema: nameSchema });
const askModel = (question: string, maxTokens = 100) =>
  inputRequired.createMessage({
    messages: [{ role: "user", content: { type: "text", text: question } }],
    maxTokens
  });
const askConfirmation = () =>
  inputRequired.elicit({ message: "Please confirm", requestedSchema: z.object({ ok: z.boolean() }) });

/**
 * Adds tools and a prompt that ask the client for input: through results in the modern era, which the SDK
 * converts to requests in the legacy one.
 */
export function registerQuestions(server: McpServer): void {
  registerSingle(server);
  registerWithState(server);
  registerLegacy(server);
  server.registerPrompt(
    "test_input_required_result_prompt",
    { description: "Asks for its context" },
    ({ mcpReq }) => {
      const schema = z.object({ context: z.string() });
      const answer = acceptedContent(mcpReq.inputResponses, "user_context", schema);
      const message = "What context should the prompt use?";
      if (!answer) {
        return inputRequired({
          inputRequests: { user_context: inputRequired.elicit({ message, requestedSchema: schema }) }
        });
      }
      return {
        messages: [{ role: "user", content: { type: "text", text: `In the context of ${answer.context}.` } }]
      };
    }
  );
}

function registerSingle(server: McpServer): void {
  const add = toolAdder(server);
  add("test_input_required_result_elicitation", ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, "user_name", nameSchema);
    return answer
      ? text(`Hello, ${answer.name}!`)
      : inputRequired({ inputRequests: { user_name: askName() } });
  });
  const sampled = ({ mcpReq }: ServerContext): unknown => {
    const answer = inputResponse(mcpReq.inputResponses, "capital_question");
    if (answer.kind === "sampling") return text(JSON.stringify(answer.result.content));
    return inputRequired({ inputRequests: { capital_question: askModel("What is the capital of France?") } });
  };
  add("test_input_required_result_sampling", sampled);
  add("test_missing_capability", sampled);
  add("test_input_required_result_list_roots", ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, "client_roots");
    if (answer.kind === "roots") return text(`Roots: ${answer.roots.map(({ uri }) => uri).join(", ")}`);
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  add("test_streaming_elicitation", async ({ mcpReq }) => {
    if (acceptedContent(mcpReq.inputResponses, "user_name", nameSchema)) return text("Hello.");
    await mcpReq.log("info", "About to ask");
    return inputRequired({ inputRequests: { user_name: askName() } });
  });
  add("test_input_required_result_capabilities", ({ mcpReq }) => {
    const declared = (mcpReq.envelope as Envelope | undefined)?.[
      "io.modelcontextprotocol/clientCapabilities"
    ];
    return inputRequired({
      inputRequests: {
        ...(declared?.sampling && { greeting: askModel("Generate a greeting") }),
        ...(declared?.elicitation && { user_name: askName() })
      }
    });
  });
}

function registerWithState(server: McpServer): void {
  const add = toolAdder(server);
  const ask = async (round: number, inputRequests: Questions): Promise<unknown> =>
    inputRequired({ inputRequests, requestState: await codec.mint({ round }) });
  const roundOf = ({ mcpReq }: ServerContext): number => mcpReq.requestState<{ round: number }>()?.round ?? 0;
  const confirmed = (ctx: ServerContext): unknown =>
    roundOf(ctx) === 1 && acceptedContent(ctx.mcpReq.inputResponses, "confirm")
      ? text("state-ok")
      : ask(1, { confirm: askConfirmation() });
  add("test_input_required_result_request_state", confirmed);
  add("test_input_required_result_tampered_state", confirmed);
  add("test_input_required_result_multiple_inputs", (ctx) => {
    const answers = Object.keys(ctx.mcpReq.inputResponses ?? {}).sort();
    if (answers.join() === "client_roots,greeting,user_name") return text("All there.");
    return ask(1, {
      user_name: askName(),
      greeting: askModel("Generate a greeting", 50),
      client_roots: inputRequired.listRoots()
    });
  });
  add("test_input_required_result_multi_round", (ctx) => {
    const responses = ctx.mcpReq.inputResponses;
    if (roundOf(ctx) === 1 && acceptedContent(responses, "step1")) {
      const message = "Step 2: What is your favorite color?";
      return ask(2, {
        step2: inputRequired.elicit({ message, requestedSchema: z.object({ color: z.string() }) })
      });
    }
    if (roundOf(ctx) === 2 && acceptedContent(responses, "step2")) return text("Both steps are done.");
    return ask(1, { step1: askName("Step 1: What is your name?") });
  });
}

function registerLegacy(server: McpServer): void {
  const promptSchema = z.object({ prompt: z.string() });
  server.registerTool(
    "test_sampling",
    { description: "Samples", inputSchema: promptSchema },
    ({ prompt }, { mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, "answer");
      if (answer.kind === "sampling") return text(`LLM response: ${JSON.stringify(answer.result.content)}`);
      return inputRequired({ inputRequests: { answer: askModel(prompt) } });
    }
  );
  const messageSchema = z.object({ message: z.string() });
  const requestedSchema = z.object({
    username: z.string().describe("User's response"),
    email: z.string().describe("User's email address")
  });
  server.registerTool(
    "test_elicitation",
    { description: "Elicits", inputSchema: messageSchema },
    ({ message }, ctx) => elicitOnce(ctx, message, requestedSchema)
  );
  const add = toolAdder(server);
  add("test_elicitation_sep1034_defaults", (ctx) => elicitOnce(ctx, "Check the defaults", DEFAULTS));
  add("test_elicitation_sep1330_enums", (ctx) => elicitOnce(ctx, "Choose", ENUMS));
}

function elicitOnce({ mcpReq }: ServerContext, message: string, requestedSchema: ObjectSchema) {
  const answer = inputResponse(mcpReq.inputResponses, "answer");
  if (answer.kind !== "elicit")
    return inputRequired({ inputRequests: { answer: inputRequired.elicit({ message, requestedSchema }) } });
  return text(`Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content)}`);
}

const DEFAULTS: ObjectSchema = {
  type: "object",
  properties: {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true }
  }
};

const titled = (word: string) => [1, 2, 3].map((n) => ({ const: `value${n}`, title: `${word} ${n}` }));
const ENUMS: ObjectSchema = {
  type: "object",
  properties: {
    untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
    titledSingle: { type: "string", oneOf: titled("Option") },
    legacyEnum: {
      type: "string",
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"]
    },
    untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
    titledMulti: { type: "array", items: { anyOf: titled("Choice") } }
  }
};
