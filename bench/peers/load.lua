-- What wrk sends. The folder of the last argument holds the requests, or the tokens of chains (bench/peers/wrk.py).
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local function read(folder, name)
  local file = io.open(folder .. "/" .. name, "rb")
  if not file then return nil end
  local values = {}
  for value in (file:read("*a") .. "\0"):gmatch("([^%z]*)%z") do values[#values + 1] = value end
  file:close()
  return values
end

function init(arguments)
  local folder = arguments[1]
  local requests = read(folder, "requests")
  if requests then
    local nth = 0
    request = function()
      nth = nth % #requests + 1
      return requests[nth]
    end
    return
  end
  local head, token = read(folder, "head")[1], read(folder, "tokens")[number]
  request = function()
    local body = "grant_type=refresh_token&refresh_token=" .. token
    return head .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
  end
  response = function(_status, _headers, body)
    token = body:match('"refresh_token"%s*:%s*"([^"]+)"') or token
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"operations": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
