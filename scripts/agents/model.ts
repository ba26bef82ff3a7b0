import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/**
 * A stand-in for a language model on a loopback port: it notes the tools that it is offered, and says "done".
 */
export interface StandInModel {
  /** Base URL of the OpenAI API, without a slash at its end. */
  url: string;
  /** Names of the tools that agents have offered so far. */
  tools: Set<string>;
  close: () => Promise<void>;
}

interface Body {
  stream?: boolean;
  tools?: { name?: string; function?: { name?: string }; tools?: { name?: string }[] }[];
}

const MODEL = "stand-in";

export async function startModel(): Promise<StandInModel> {
  const tools = new Set<string>();
  const server = createServer((req, res) => {
    void answer(req.url ?? "", req.method === "POST" ? json(req) : Promise.resolve({}), res, tools);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    tools,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  };
}

async function answer(
  path: string,
  request: Promise<unknown>,
  res: ServerResponse,
  tools: Set<string>
): Promise<void> {
  const body = (await request.catch(() => ({}))) as Body;
  for (const tool of body.tools ?? [])
    for (const name of [tool.name, tool.function?.name, ...(tool.tools ?? []).map((each) => each.name)])
      if (name) tools.add(name);
  if (path.endsWith("/responses")) return events(res, responseEvents());
  if (!path.endsWith("/chat/completions"))
    return whole(res, { object: "list", data: [{ id: MODEL, object: "model" }] });
  const message = { role: "assistant", content: "done" };
  if (!body.stream) return whole(res, completion("chat.completion", { message, finish_reason: "stop" }));
  return events(res, [
    completion("chat.completion.chunk", { delta: message, finish_reason: null }),
    completion("chat.completion.chunk", { delta: {}, finish_reason: "stop" }),
    "[DONE]"
  ]);
}

/** The events of the Responses API that end a turn with one message. */
function responseEvents(): object[] {
  const item = {
    ...{ type: "message", id: "item", role: "assistant", status: "completed" },
    content: [{ type: "output_text", text: "done", annotations: [] }]
  };
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  return [
    { type: "response.created", response: { id: "response" } },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: { id: "response", status: "completed", output: [item], usage } }
  ];
}

function completion(object: string, choice: object): object {
  return { id: "completion", object, created: 0, model: MODEL, choices: [{ index: 0, ...choice }] };
}

function whole(res: ServerResponse, value: object): void {
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify(value));
}

function events(res: ServerResponse, all: readonly (object | string)[]): void {
  res.setHeader("content-type", "text/event-stream");
  for (const each of all) {
    const type = typeof each === "object" && "type" in each ? `event: ${String(each.type)}\n` : "";
    res.write(`${type}data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`);
  }
  res.end();
}
