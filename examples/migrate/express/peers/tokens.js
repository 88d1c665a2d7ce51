const jwt = require('jsonwebtoken');
const { expressjwt } = require('express-jwt');

// page: jsonwebtoken
function authenticate(publicKey) {
  return (req, res, next) => {
    const token = (req.headers.authorization || '').split(' ')[1];
    try {
      req.user = jwt.verify(token, publicKey, {
        algorithms: ['ES256'], issuer: 'https://issuer.example', audience: 'https://shop.example',
      });
      next();
    } catch (err) {
      res.status(401).json({ error: err.message });
    }
  };
}
// page: end

// page: express-jwt
function guard(publicKey) {
  return expressjwt({
    secret: publicKey, algorithms: ['ES256'], issuer: 'https://issuer.example', audience: 'https://shop.example',
  });
}
// page: end

// page: scopes
function requireScope(scope) {
  return (req, res, next) => {
    const scopes = (req.user.scope || '').split(' ');
    if (!scopes.includes(scope)) return res.status(403).json({ error: 'insufficient_scope' });
    next();
  };
}
// page: end

// page: ownership
function ownOrder(orders) {
  return (req, res, next) => {
    const order = orders.get(req.params.id);
    if (!order) return res.status(404).json({ error: 'not found' });
    if (order.owner !== req.user.sub) return res.status(403).json({ error: 'forbidden' });
    req.order = order;
    next();
  };
}
// page: end

module.exports = { authenticate, guard, requireScope, ownOrder };
