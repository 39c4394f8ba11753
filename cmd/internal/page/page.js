"use strict";
(function () {
  var source = document.getElementById("data");
  if (!source) return;
  var all = JSON.parse(source.textContent), shown = all, at = 0, size = 50;
  var column = "", down = false;
  var columns = ["db", "key", "kind", "cause", "sure", "offset", "who", "evidence"];
  var body = document.querySelector("#rows tbody");
  var count = document.getElementById("count");
  var back = document.getElementById("back"), on = document.getElementById("on");
  function number(s) { return s === "" ? -1 : Number(String(s).replace(/,/g, "")); }
  function order(a, b) {
    var x = a[column], y = b[column];
    if (column === "db" || column === "offset") { x = number(x); y = number(y); }
    var c = x < y ? -1 : x > y ? 1 : 0;
    return down ? -c : c;
  }
  function draw() {
    body.textContent = "";
    shown.slice(at, at + size).forEach(function (row) {
      var tr = document.createElement("tr");
      columns.forEach(function (name) {
        var td = document.createElement("td");
        td.textContent = String(row[name]);
        if (name !== "key" && name !== "evidence") td.className = "t";
        tr.appendChild(td);
      });
      body.appendChild(tr);
    });
    var last = Math.min(at + size, shown.length);
    count.textContent = (shown.length ? at + 1 : 0) + " to " + last + " of " + shown.length;
    back.disabled = at === 0;
    on.disabled = last === shown.length;
  }
  document.getElementById("filter").addEventListener("input", function (e) {
    var word = e.target.value.toLowerCase();
    shown = all.filter(function (row) {
      return columns.some(function (name) { return String(row[name]).toLowerCase().indexOf(word) >= 0; });
    });
    if (column) shown = shown.slice().sort(order);
    at = 0;
    draw();
  });
  document.querySelectorAll("#rows th button").forEach(function (button) {
    button.addEventListener("click", function () {
      down = column === button.dataset.column && !down;
      column = button.dataset.column;
      document.querySelectorAll("#rows th").forEach(function (th) { th.removeAttribute("aria-sort"); });
      button.parentNode.setAttribute("aria-sort", down ? "descending" : "ascending");
      shown = shown.slice().sort(order);
      at = 0;
      draw();
    });
  });
  back.addEventListener("click", function () { at = Math.max(0, at - size); draw(); });
  on.addEventListener("click", function () { at += size; draw(); });
  draw();
})();
