const { z } = require('zod');
const Joi = require('joi');

// page: zod
const Order = z.object({
  sku: z.string().regex(/^[A-Z]{3}[0-9]{4}$/),
  quantity: z.number().int().min(1).max(99),
  email: z.string().trim().toLowerCase().email(),
  note: z.string().max(200).optional(),
});

function validate(schema) {
  return (req, res, next) => {
    const result = schema.safeParse(req.body);
    if (!result.success) return res.status(400).json({ errors: result.error.issues });
    req.body = result.data;
    next();
  };
}
// page: end

// page: joi
const order = Joi.object({
  sku: Joi.string().pattern(/^[A-Z]{3}[0-9]{4}$/).required(),
  quantity: Joi.number().integer().min(1).max(99).required(),
  email: Joi.string().trim().lowercase().email().required(),
  note: Joi.string().max(200),
});

function joi(schema) {
  return (req, res, next) => {
    const { error, value } = schema.validate(req.body, { abortEarly: false });
    if (error) return res.status(400).json({ errors: error.details });
    req.body = value;
    next();
  };
}
// page: end

module.exports = { Order, validate, order, joi };
