/** Creates a tool result with a single text. */
export const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });
/** A form that asks for a name. */
export const nameSchema = {
  type: "object" as const,
  properties: { name: { type: "string" as const } },
  required: ["name"]
};
