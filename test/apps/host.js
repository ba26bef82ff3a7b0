/* global document, window */
/**
 * The host's side of a page in the browser: the extension's own library with an iframe, as hosts use it. A
 * test calls `window.show`; the page's requests go to the functions that the test exposes.
 */
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

const CAPABILITIES = { openLinks: {}, serverTools: {}, message: {}, updateModelContext: { text: {} } };

/** Shows a page. Resolves when the page reports that it is ready. */
window.show = async (src, { capabilities = CAPABILITIES, context }) => {
  const frame = document.createElement("iframe");
  frame.title = "app";
  frame.allow = "clipboard-write";
  frame.setAttribute("sandbox", "allow-scripts");
  Object.assign(document.body.style, { margin: 0 });
  Object.assign(frame.style, { display: "block", width: "100%", border: 0 });
  const bridge = new AppBridge(null, { name: "test-host", version: "1" }, capabilities, {
    hostContext: context
  });
  bridge.oncalltool = ({ name, arguments: args }) => window.callTool(name, args);
  bridge.onopenlink = async ({ url }) => window.asked("ui/open-link", url).then(() => ({}));
  bridge.onmessage = async ({ content }) => window.asked("ui/message", content[0].text).then(() => ({}));
  bridge.onupdatemodelcontext = async ({ content }) =>
    window.asked("ui/update-model-context", content[0].text).then(() => ({}));
  bridge.onsizechange = ({ height }) => {
    frame.style.height = `${height}px`;
    void window.asked("size", height);
  };
  const ready = new Promise((resolve) => (bridge.oninitialized = resolve));
  document.body.replaceChildren(frame);
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.src = src;
  await ready;
  window.bridge = bridge;
};
