// Sends the requests of requests.json to the peers, and prints their answers, which the tests
// keep in recorded.json:
//
//	npm install && node record.js >recorded.json
const express = require('express');
const jwt = require('jsonwebtoken');
const http = require('node:http');
const { generateKeyPairSync } = require('node:crypto');
const tokens = require('./tokens');
const edge = require('./edge');
const schemas = require('./schemas');
require('./redis');
const requests = require('./requests.json');

console.error = () => {};
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = publicKey.export({ type: 'spki', format: 'pem' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const now = Math.floor(Date.now() / 1000);

function sign(claims, key = privateKey) {
  const all = {
    iss: 'https://issuer.example', aud: 'https://shop.example', sub: 'ann', jti: '1', type: 'access',
    scope: 'orders:read', iat: now, exp: now + 900, ...claims,
  };
  for (const name of Object.keys(all)) if (all[name] === null) delete all[name];
  return jwt.sign(all, key, { algorithm: 'ES256', keyid: 'k' });
}
const named = {
  access: sign({}), bob: sign({ sub: 'bob' }), expired: sign({ exp: now - 60, iat: now - 900 }), forged: sign({}, other),
  audience: sign({ aud: 'https://other.example' }), refresh: sign({ type: 'refresh' }), noexp: sign({ exp: null }),
  year: sign({ exp: now + 31536000 }), noscope: sign({ scope: '' }),
};

const app = express();
app.use(express.json());
const show = (req, res) => res.send((req.user || req.auth).sub);
app.get('/jsonwebtoken', tokens.authenticate(pem), tokens.requireScope('orders:read'), show);
app.get('/express-jwt', tokens.guard(pem), show);
const orders = new Map([['1', { owner: 'ann' }]]);
app.get('/orders/:id', tokens.authenticate(pem), tokens.ownOrder(orders), (req, res) => res.send(req.order.owner));
app.get('/helmet', edge.secure, (req, res) => res.send('ok'));
app.use('/cors', edge.origins);
app.get('/cors', (req, res) => res.send('ok'));
app.get('/limit', edge.general, (req, res) => res.send('ok'));
app.post('/zod', schemas.validate(schemas.Order), (req, res) => res.json(req.body));
app.post('/joi', schemas.joi(schemas.order), (req, res) => res.json(req.body));
app.get('/boom', () => { throw new Error('connect to postgres://app:secret@db failed'); });
const user = { id: 7, name: 'Ann', passwordHash: 'x', resetToken: 'y', ssn: '123-45-6789' }; // ssn is a new column
app.get('/user', (req, res) => res.json(edge.sanitizeUser(user)));
app.use(edge.errorHandler);

function send(port, r) {
  return new Promise((resolve, reject) => {
    const headers = {};
    for (const [name, value] of Object.entries(r.headers || {})) headers[name] = value.replace(/\$(\w+)/g, (_, n) => named[n]);
    if (r.body !== undefined && !('Content-Type' in headers)) headers['Content-Type'] = 'application/json';
    const req = http.request({ port, host: '127.0.0.1', method: r.method || (r.body !== undefined ? 'POST' : 'GET'), path: r.path, headers }, (res) => {
      let body = '';
      res.on('data', (d) => { body += d; });
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, body }));
    });
    req.on('error', reject);
    req.end(r.body);
  });
}

const server = app.listen(0, '127.0.0.1', async () => {
  const answers = [];
  for (const r of requests) {
    let last;
    for (let i = 0; i < (r.times || 1); i++) last = await send(server.address().port, r);
    const keep = {};
    for (const name of r.show || []) if (last.headers[name.toLowerCase()] !== undefined) keep[name] = last.headers[name.toLowerCase()];
    answers.push({ name: r.name, path: r.path, status: last.status, headers: keep, body: last.body.slice(0, 200) });
  }
  process.stdout.write(`${JSON.stringify(answers, null, 1)}\n`);
  server.close();
});
