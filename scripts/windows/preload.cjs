// Wine can't set a socket's keep-alive before it is connected, which undici does.
require("node:net").Socket.prototype.setKeepAlive = function () {
  return this;
};
