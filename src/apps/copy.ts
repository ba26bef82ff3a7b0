import { element } from "./element.ts";

/**
 * Copies text to the clipboard.
 * @returns false if the host doesn't allow it
 */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** Copies with the older method, which needs no permission in most browsers. */
function copySelected(text: string): boolean {
  const field = element("textarea", { className: "unseen", value: text, readOnly: true });
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return isCopied;
}
