/** A page with one form, like those of applications that use these libraries. */
export function page(title, action, fields, buttons) {
  const escape = (text) => String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  const inputs = Object.entries(fields).map(
    ([name, value]) =>
      `<input name="${escape(name)}" ${value === null ? "" : `type="hidden" value="${escape(value)}"`}>`
  );
  const submits = Object.entries(buttons).map(
    ([value, label]) => `<button name="decision" value="${escape(value)}">${escape(label)}</button>`
  );
  return `<!doctype html><title>${escape(title)}</title>
<form method="post" action="${escape(action)}">${inputs.join("")}${submits.join("")}</form>`;
}
