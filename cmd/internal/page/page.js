"use strict";
(function () {
  var source = document.getElementById("data");
  if (!source) return;
  var all = JSON.parse(source.textContent), shown = all, at = 0, size = 50;
  var column = "", down = false;
  var columns = ["db", "key", "kind", "cause", "sure", "offset", "who", "evidence"];
  var labels = {};
  document.querySelectorAll("#rows th button").forEach(function (b) { labels[b.dataset.column] = b.textContent.toLowerCase(); });
  function id(name) { return document.getElementById(name); }
  var body = document.querySelector("#rows tbody"), count = id("count"), back = id("back"), on = id("on");
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
        if (name !== "key" && row[name] !== "") td.dataset.label = labels[name];
        td.className = name === "key" || name === "who" ? "k" : name === "evidence" ? "" : "t";
        tr.appendChild(td);
      });
      body.appendChild(tr);
    });
    var last = Math.min(at + size, shown.length);
    count.textContent = (shown.length ? at + 1 : 0) + " to " + last + " of " + shown.length;
    back.parentNode.hidden = shown.length <= size;
    back.disabled = at === 0;
    on.disabled = last === shown.length;
  }
  function pick() {
    var word = id("filter").value.toLowerCase(), cause = id("cause").value, db = id("db").value;
    shown = all.filter(function (row) {
      return (!cause || row.cause === cause) && (!db || String(row.db) === db) &&
        columns.some(function (name) { return String(row[name]).toLowerCase().indexOf(word) >= 0; });
    });
    if (column) shown.sort(order);
    at = 0;
    draw();
  }
  ["cause", "db"].forEach(function (name) {
    var seen = {}, values = [];
    all.forEach(function (row) {
      var value = String(row[name]);
      if (!Object.prototype.hasOwnProperty.call(seen, value)) { seen[value] = true; values.push(value); }
    });
    values.sort(name === "db" ? function (a, b) { return a - b; } : undefined).forEach(function (value) {
      var option = document.createElement("option");
      option.value = option.textContent = value;
      id(name).appendChild(option);
    });
    id(name).addEventListener("change", pick);
  });
  id("filter").addEventListener("input", pick);
  document.querySelectorAll("#rows th button").forEach(function (button) {
    button.addEventListener("click", function () {
      down = column === button.dataset.column && !down;
      column = button.dataset.column;
      document.querySelectorAll("#rows th").forEach(function (th) { th.removeAttribute("aria-sort"); });
      button.parentNode.setAttribute("aria-sort", down ? "descending" : "ascending");
      pick();
    });
  });
  back.addEventListener("click", function () { at = Math.max(0, at - size); draw(); });
  on.addEventListener("click", function () { at += size; draw(); });
  draw();
})();
