const helmet = require('helmet');
const cors = require('cors');
const { rateLimit } = require('express-rate-limit');
const { randomUUID } = require('node:crypto');

// page: helmet
const secure = helmet({ contentSecurityPolicy: { directives: { defaultSrc: ["'self'"] } } });
// page: end

// page: cors
const origins = cors({ origin: ['https://app.example'], methods: ['GET', 'POST'], credentials: true });
// page: end

// page: express-rate-limit
const general = rateLimit({ windowMs: 15 * 60 * 1000, limit: 100, standardHeaders: 'draft-7', legacyHeaders: false });
const login = rateLimit({ windowMs: 60 * 1000, limit: 5, skipSuccessfulRequests: true });
// page: end

// page: errors
function errorHandler(err, req, res, next) { // four parameters, or express does not call it
  const id = randomUUID();
  console.error(id, err.stack);
  res.status(err.status || 500).json({ error: err.status ? err.message : 'internal error', id });
}
// page: end

// page: sanitize
function sanitizeUser(user) {
  const { passwordHash, resetToken, ...safe } = user;
  return safe;
}
// page: end

module.exports = { secure, origins, general, login, errorHandler, sanitizeUser };
