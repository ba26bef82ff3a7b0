// Wine cannot set a socket's keep-alive before it is connected, as undici does.
require("node:net").Socket.prototype.setKeepAlive = function () {
  return this;
};
