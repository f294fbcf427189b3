// A coffee shop's checkout in Node, without any package: node:http and fetch.
//
// It knows its customers' keys, and remembers what it has answered. Only that it remembers in memory, and that each call of the
// provider has a key of its own: a process that dies forgets both. `node shop.mjs 8100 --mended` keeps orders in a file, and
// gives the provider the order's key.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";

const port = Number(process.argv[2] ?? 8100);
const mended = process.argv.includes("--mended");
const provider = process.env.STRIPE_API_BASE;
const secret = process.env.STRIPE_API_KEY ?? "sk_test_coffee";
const file = join(tmpdir(), `coffee-node-shop-${port}-${mended ? "mended" : "broken"}.jsonl`);
const orders = new Map(); // key -> order

for (const line of existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : []) {
  const order = JSON.parse(line);
  orders.set(order.key, order);
}

function write(order) {
  orders.set(order.key, order);
  appendFileSync(file, JSON.stringify(order) + "\n"); // the last line of an order is what it is
}

async function charge(order) {
  const body = new URLSearchParams({
    amount: String(order.amount), currency: "usd", payment_method: order.card, confirm: "true", "metadata[order]": order.key,
  });
  const key = mended ? `order-${order.key}` : randomUUID();
  const answer = await fetch(`${provider}/v1/payment_intents`, {
    method: "POST", body, headers: { Authorization: `Bearer ${secret}`, "Idempotency-Key": key },
    signal: AbortSignal.timeout(500),
  });
  if (answer.status === 402) return "declined";
  if (!answer.ok) throw new Error(`the provider answered ${answer.status}`);
  return "paid";
}

async function take(wanted, key) {
  const known = orders.get(key);
  if (known && known.status !== "pending") return known;
  const order = known ?? { key, email: wanted.email, amount: wanted.amount, card: wanted.payment_method, status: "pending" };
  if (mended) write(order);
  const settled = { ...order, status: await charge(order) };
  write(settled);
  return settled;
}

async function handle(request, body) {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/health") return [200, { ok: true }];
  if (pathname === "/orders" && request.method === "GET") return [200, { data: [...orders.values()] }];
  if (pathname !== "/orders") return [404, { error: "no such page" }];
  try {
    const order = await take(JSON.parse(body), request.headers["idempotency-key"]);
    return [order.status === "declined" ? 402 : 201, { id: order.key, status: order.status }];
  } catch (error) {
    return [503, { error: String(error) }];
  }
}

createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", async () => {
    const [status, answer] = await handle(request, body);
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
  });
}).listen(port, "127.0.0.1");
