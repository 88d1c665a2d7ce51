const { rateLimit } = require('express-rate-limit');
const { RedisStore } = require('rate-limit-redis');

// page: rate-limit-redis
function shared(client) {
  return rateLimit({
    windowMs: 60 * 1000, limit: 100,
    store: new RedisStore({ prefix: 'shop:', sendCommand: (...args) => client.sendCommand(args) }),
  });
}
// page: end

module.exports = { shared };
