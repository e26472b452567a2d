-- For wrk: each connection waits 4 ms before each request, so the server has pauses.
function delay()
  return math.random(3, 5)
end
