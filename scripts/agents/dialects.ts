/** A tool as offered to a model; some agents put tools into namespaces. */
export interface OfferedTool {
  name: string;
  namespace?: string;
}

export interface ToolCall extends OfferedTool {
  args: object;
}

/** An API through which agents talk to models. */
export interface Dialect {
  /** Matches the paths of its requests. */
  at: RegExp;
  tools(body: Body): OfferedTool[];
  /** Returns the tool results in the conversation so far, each as JSON text. */
  results(body: Body): string[];
  type(path: string, body: Body): string;
  /** Builds a response that calls a tool, or that ends the conversation with these words. */
  answer(path: string, body: Body, next: ToolCall | string): string;
}

type Body = Record<string, unknown>;

const JSON_TYPE = "application/json";
const STREAM_TYPE = "text/event-stream";

function list(value: unknown): Body[] {
  return Array.isArray(value) ? (value as Body[]) : [];
}

function streams(_path: string, body: Body): string {
  return body["stream"] === true ? STREAM_TYPE : JSON_TYPE;
}

function events(each: readonly Body[], named: boolean): string {
  return each
    .map((data) => `${named ? `event: ${String(data["type"])}\n` : ""}data: ${JSON.stringify(data)}\n\n`)
    .join("");
}

function parts(next: ToolCall | string): { call: ToolCall | undefined; words: string } {
  return typeof next === "string" ? { call: undefined, words: next } : { call: next, words: "" };
}

let made = 0;

const anthropic: Dialect = {
  at: /\/messages(\?|$)/,
  tools: (body) => list(body["tools"]).map(({ name }) => ({ name: String(name) })),
  results: (body) =>
    list(body["messages"])
      .flatMap(({ content }) => list(content))
      .filter(({ type }) => type === "tool_result")
      .map(({ content }) => JSON.stringify(content)),
  type: streams,
  answer(_path, body, next) {
    const { call, words } = parts(next);
    const block = call
      ? { type: "tool_use", id: `toolu_${++made}`, name: call.name, input: call.args }
      : { type: "text", text: words };
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = { id: `msg_${++made}`, type: "message", role: "assistant", model: body["model"], usage };
    const reason = call ? "tool_use" : "end_turn";
    if (body["stream"] !== true)
      return JSON.stringify({ ...message, content: [block], stop_reason: reason, stop_sequence: null });
    const start = call ? { ...block, input: {} } : { type: "text", text: "" };
    const delta = call
      ? { type: "input_json_delta", partial_json: JSON.stringify(call.args) }
      : { type: "text_delta", text: words };
    return events(
      [
        {
          type: "message_start",
          message: { ...message, content: [], stop_reason: null, stop_sequence: null }
        },
        { type: "content_block_start", index: 0, content_block: start },
        { type: "content_block_delta", index: 0, delta },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: reason, stop_sequence: null }, usage },
        { type: "message_stop" }
      ],
      true
    );
  }
};

const responses: Dialect = {
  at: /\/responses(\?|$)/,
  tools: (body) =>
    list(body["tools"]).flatMap((tool): OfferedTool[] =>
      tool["type"] === "namespace"
        ? list(tool["tools"]).map(({ name }) => ({ name: String(name), namespace: String(tool["name"]) }))
        : [{ name: String(tool["name"] ?? tool["type"]) }]
    ),
  results: (body) =>
    list(body["input"])
      .filter(({ type }) => type === "function_call_output")
      .map(({ output }) => JSON.stringify(output)),
  type: () => STREAM_TYPE,
  answer(_path, _body, next) {
    const { call, words } = parts(next);
    const item = call
      ? {
          type: "function_call",
          id: `fc_${++made}`,
          call_id: `call_${made}`,
          name: call.name,
          ...(call.namespace !== undefined && { namespace: call.namespace }),
          arguments: JSON.stringify(call.args)
        }
      : {
          type: "message",
          id: `m_${++made}`,
          role: "assistant",
          content: [{ type: "output_text", text: words }]
        };
    const response = { id: `resp_${++made}`, object: "response", output: [item], status: "completed" };
    const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
    return events(
      [
        { type: "response.created", response: { ...response, output: [], status: "in_progress" } },
        { type: "response.output_item.added", output_index: 0, item },
        { type: "response.output_item.done", output_index: 0, item },
        { type: "response.completed", response: { ...response, usage } }
      ],
      true
    );
  }
};

const completions: Dialect = {
  at: /\/chat\/completions(\?|$)/,
  tools: (body) =>
    list(body["tools"]).map((tool) => ({ name: String((tool["function"] as Body | undefined)?.["name"]) })),
  results: (body) =>
    list(body["messages"])
      .filter(({ role }) => role === "tool")
      .map(({ content }) => JSON.stringify(content)),
  type: streams,
  answer(_path, body, next) {
    const { call, words } = parts(next);
    const fn = call && { name: call.name, arguments: JSON.stringify(call.args) };
    const calls = fn && [{ index: 0, id: `call_${++made}`, type: "function", function: fn }];
    const message = { role: "assistant", content: calls ? null : words, ...(calls && { tool_calls: calls }) };
    const reason = calls ? "tool_calls" : "stop";
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const base = { id: `c_${++made}`, created: 1, model: body["model"] };
    if (body["stream"] !== true) {
      const choice = { index: 0, message, finish_reason: reason };
      return JSON.stringify({ ...base, object: "chat.completion", choices: [choice], usage });
    }
    const chunk = { ...base, object: "chat.completion.chunk" };
    return `${events(
      [
        { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] },
        { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: reason }], usage }
      ],
      false
    )}data: [DONE]\n\n`;
  }
};

const gemini: Dialect = {
  at: /:(streamG|g)enerateContent/,
  tools: (body) =>
    list(body["tools"])
      .flatMap((tool) => list(tool["functionDeclarations"]))
      .map(({ name }) => ({ name: String(name) })),
  // An image accompanies the response in the same turn.
  results: (body) =>
    list(body["contents"])
      .map(({ parts }) => list(parts))
      .filter((parts) => parts.some((part) => "functionResponse" in part))
      .map((parts) => JSON.stringify(parts)),
  type: (path) => (path.includes("stream") ? STREAM_TYPE : JSON_TYPE),
  answer(path, _body, next) {
    const { call, words } = parts(next);
    const part = call ? { functionCall: { name: call.name, args: call.args } } : { text: words };
    const answer = {
      candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP", index: 0 }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 }
    };
    return path.includes("stream") ? events([answer], false) : JSON.stringify(answer);
  }
};

export const DIALECTS: readonly Dialect[] = [anthropic, responses, completions, gemini];
