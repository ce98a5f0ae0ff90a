'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const BLUE = '#2f6db5', BEST = '#e8590c', PRUNED = '#adb5bd', FAILED = '#e03131', CROSS = 'path://M2 0L12 10 22 0 24 2 14 12 24 22 22 24 12 14 2 24 0 22 10 12 0 2z', INK = '#1d2733', SOFT = '#5d6b7a';
  const page = document.getElementById('page');
  const charts = [];
  const several = data.objectives.length > 1;
  let objective = 0;
  // The file holds parameters by their places, to be small.
  for (const trial of data.trials) {
    const places = trial.params;
    trial.params = {};
    trial.__ec_primitive__ = true;      // charts refer to trials: else the library copies each, with its reports, for every dot
    trial.reports = trial.reports ?? [];
    data.params.forEach((param, i) => {
      if (places[i] !== null) trial.params[param.name] = param.kind === 'choice' ? param.values[places[i]] : places[i];
    });
  }
  const rank = new Map(data.ranks ?? []);
  const front = data.trials.filter(trial => rank.get(trial.number) === 0).map(trial => trial.number);

  // Text is only ever set as text; where a chart wants HTML, it is escaped.
  const el = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === 'onchange' || key === 'onclick' || key === 'oninput') node[key] = value;
      else node.setAttribute(key, value);
    }
    for (const child of children) node.append(child);
    return node;
  };
  const escape = text => String(text).replace(/[&<>"']/g, c => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'}[c]));
  const number = value => {
    if (value === null || value === undefined) return '–';
    if (typeof value !== 'number') return typeof value === 'string' ? value : JSON.stringify(value);
    if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-3 || size >= 1e6) ? (+value.toPrecision(4)).toExponential() : String(+value.toPrecision(5));
  };
  const worth = trial => trial.values[objective] ?? (trial.state === 'PRUNED' && objective === 0 ? trial.last ?? null : null);
  const known = trial => typeof trial.values[objective] === 'number';
  const complete = () => data.trials.filter(trial => trial.state === 'COMPLETE' && known(trial));
  const goal = () => data.objectives[objective];
  const better = (a, b) => goal().direction === 'maximize' ? a > b : a < b;
  const bestOf = trials => trials.filter(trial => !trial.violates).reduce((best, trial) => !best || better(worth(trial), worth(best)) ? trial : best, null);
  const describe = trial => [`<b>trial ${trial.number}</b> ${trial.state.toLowerCase()}`]
    .concat(data.objectives.map((o, i) => `${escape(o.name)}: <b>${number(trial.values[i])}</b>`))
    .concat(Object.entries(trial.params).map(([name, value]) => `${escape(name)}: ${escape(number(value))}`)).join('<br>');

  // What most runs reach; a few that diverged would press all others into a line.
  const range = values => {
    const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
    if (!sorted.length) return [0, 1];
    const at = q => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
    let [low, high] = [sorted[0], sorted.at(-1)];
    const middle = at(0.9) - at(0.1), reach = 4 * (middle || high - low || 1);
    if (goal().direction === 'maximize') low = Math.max(low, at(0.1) - reach); else high = Math.min(high, at(0.9) + reach);
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    const share = sorted[0] >= 0 && sorted.at(-1) <= 1 && data.share;
    return [low - room, share ? Math.min(1, high + room) : high + room];
  };
  const tick = value => number(+value.toPrecision(6));
  const valueAxis = (name, values, extra = {}) => {
    const [min, max] = range(values);
    return Object.assign({type: 'value', name: short(name), nameLocation: 'middle', nameGap: 46, min, max, nameTextStyle: {color: SOFT},
      axisLabel: {formatter: tick, showMinLabel: false, showMaxLabel: false}, splitLine: {lineStyle: {color: '#eef1f5'}}}, extra);
  };

  // A parameter on its own scale: how it is placed on an axis, and how the axis reads.
  const placed = (param, value) => value === undefined ? null : param.kind === 'choice' ? param.values.findIndex(v => JSON.stringify(v) === JSON.stringify(value))
    : param.scale === 'one-minus-log' ? 1 - value : value;
  const short = name => [...name].length > 34 ? [...name].slice(0, 32).join('') + '…' : name;
  const paramAxis = (param, name = short(param.name)) => {
    const base = {name: name, nameLocation: 'middle', nameGap: 28, nameTextStyle: {color: SOFT}, splitLine: {lineStyle: {color: '#eef1f5'}}};
    if (param.kind === 'choice') return Object.assign(base, {type: 'category', data: param.values.map(v => number(v)), axisLabel: {hideOverlap: true}});
    if (param.scale === 'one-minus-log') return Object.assign(base, {type: 'log', inverse: true, min: 1 - param.high, max: 1 - param.low,
      axisLabel: {formatter: v => tick(1 - v), hideOverlap: true}, name: name + ' (1 − log scale)'});
    if (param.scale === 'log') return Object.assign(base, {type: 'log', min: param.low, max: param.high, axisLabel: {formatter: tick, hideOverlap: true}, name: name + ' (log scale)'});
    if (param.scale === 'power-of-two') return Object.assign(base, {type: 'log', logBase: 2, min: param.low, max: param.high, axisLabel: {formatter: tick}, name: name + ' (powers of two)'});
    return Object.assign(base, {type: 'value', min: param.low, max: param.high, minInterval: param.kind === 'whole' ? 1 : undefined, axisLabel: {formatter: tick, hideOverlap: true}});
  };
  const unit = (param, value) => {
    const place = placed(param, value);
    if (place === null) return null;
    if (param.kind === 'choice') return param.values.length < 2 ? 0.5 : place / (param.values.length - 1);
    const [low, high] = param.scale === 'one-minus-log' ? [1 - param.high, 1 - param.low] : [param.low, param.high];
    const along = ['log', 'one-minus-log', 'power-of-two'].includes(param.scale) ? Math.log : v => v;
    return high === low ? 0.5 : (along(place) - along(low)) / (along(high) - along(low));
  };

  // What stands at a place of [0, 1], as text.
  const label = (param, u) => {
    if (param.kind === 'choice') return number(param.values[Math.round(u * (param.values.length - 1))]);
    const [low, high] = param.scale === 'one-minus-log' ? [1 - param.high, 1 - param.low] : [param.low, param.high];
    let value = ['log', 'one-minus-log', 'power-of-two'].includes(param.scale) ? low * (high / low) ** u : low + u * (high - low);
    if (param.kind === 'whole') value = Math.round(value);
    if (param.scale === 'one-minus-log') value = 1 - value;
    return number(+value.toPrecision(3));
  };

  // How many values there are, where these are few.
  const few = param => {
    const count = param.kind === 'choice' ? param.values.length : param.scale === 'power-of-two' ? Math.round(Math.log2(param.high / param.low)) + 1
      : param.kind === 'whole' && param.scale === 'linear' ? param.high - param.low + 1 : Infinity;
    return count <= 16 ? count : 0;
  };

  const section = (title, text, ...content) => page.append(el('section', {}, el('h2', {}, title), el('p', {}, text), ...content));
  const chart = (kind = '') => el('div', {class: 'chart ' + kind});
  const draw = (node, option) => {
    const drawn = charts.find(entry => entry.node === node);
    if (drawn) { drawn.option = option; if (drawn.plot) drawn.plot.setOption(option(), true); }
    else charts.push({node, option, plot: null});
  };
  const base = () => ({animation: false, grid: {left: 66, right: 20, top: 32, bottom: 48}, textStyle: {color: INK}, tooltip: {confine: true}});
  const dot = (trial, x, y) => ({value: [x, y], trial});
  // Beyond so many dots a chart draws them small and all at once: in steps, as the library would, every step paints the whole chart again.
  const MANY = 2000;
  const evenly = (list, count) => list.length <= count ? list : Array.from({length: count}, (_, i) => list[Math.floor(i * (list.length - 1) / (count - 1))]);
  const tip = {tooltip: {formatter: p => p.data && p.data.trial ? describe(p.data.trial) : ''}};
  const scatter = (name, points, color, symbol, size) => Object.assign({name, type: 'scatter', data: points, symbol, symbolSize: size,
    progressive: 0, itemStyle: {color, opacity: 0.75}}, points.length > MANY ? {symbol: 'rect', symbolSize: 3, large: true, largeThreshold: MANY} : {}, tip);
  // Dots from the first shade to the last, in the order of the list; the scale belongs to the first series. Many have a series for each shade.
  const shaded = (points, shades, size) => points.length <= MANY ? [scatter('trial', points, undefined, 'circle', size)]
    : [scatter('trial', [], undefined, 'circle', size), ...shades.map((shade, i) => Object.assign(scatter('trial',
      points.slice(Math.floor(i * points.length / shades.length), Math.floor((i + 1) * points.length / shades.length)), shade, 'rect', 3), {large: true, largeThreshold: 0}))];
  const star = (trial, x, y) => Object.assign(scatter('best', [dot(trial, x, y)], BEST, 'path://M12 2l3 7h7l-6 4 2 8-6-5-6 5 2-8-6-4h7z', 18), {z: 5});

  const summary = () => {
    const counts = {};
    for (const trial of data.trials) counts[trial.state] = (counts[trial.state] || 0) + 1;
    const best = bestOf(complete());
    page.append(el('header', {}, el('h1', {title: data.study}, data.study), el('p', {}, `${data.objectives.map(o => o.direction + ' ' + o.name).join(', ')} · ${data.storage}`)));
    const facts = el('div', {class: 'facts'});
    const fact = (name, value) => facts.append(el('div', {class: 'fact'}, el('b', {}, String(value)), el('span', {}, name)));
    fact('trials', data.trials.length);
    for (const [state, name] of [['COMPLETE', 'complete'], ['PRUNED', 'pruned'], ['FAIL', 'failed'], ['RUNNING', 'running'], ['WAITING', 'waiting']])
      if (counts[state]) fact(name, counts[state]);
    if (best && !several) fact(`best, trial ${best.number}`, number(best.values[0]));
    if (several) fact('on the Pareto front', front.length);
    if (data.hidden) fact('hidden, shown nowhere here', data.hidden);
    const times = data.trials.flatMap(trial => [trial.start, trial.end]).filter(Boolean);
    if (times.length) fact('from first start to last end', duration(times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b))));
    page.append(facts);
    if (best && !several) {
      const table = el('table');
      for (const [name, value] of Object.entries(best.params))
        table.append(el('tr', {}, el('td', {class: 'text name'}, name), el('td', {}, number(value))));
      section('Best setting', `Trial ${best.number}, ${goal().name} ${number(best.values[0])}.`, el('div', {class: 'scroll'}, table));
    }
    if (several) {
      const choice = el('select', {'aria-label': 'objective', onchange: e => { objective = +e.target.value; redraw(); }},
        ...data.objectives.map((o, i) => el('option', {value: i}, o.name)));
      page.append(el('div', {class: 'controls'}, el('label', {}, 'Charts of one value show: ', choice)));
    }
  };
  const duration = ms => ms < 1000 ? ms + ' ms' : ms < 120e3 ? (ms / 1000).toFixed(1) + ' s' : ms < 7200e3 ? (ms / 60e3).toFixed(1) + ' min' : (ms / 3600e3).toFixed(1) + ' h';

  const history = () => {
    const node = chart();
    section('History', 'Each trial in its order, and the best so far.', node);
    draw(node, () => {
      const done = complete(), best = bestOf(done);
      let record = null;
      const records = done.map((trial, i) => [trial.number, record, record = record === null || better(worth(trial), record) ? worth(trial) : record, i])
        .filter(([, before, now, i]) => before !== now || i === done.length - 1).map(([number, , now]) => [number, now]);
      const pruned = data.trials.filter(trial => trial.state === 'PRUNED' && worth(trial) !== null);
      const failed = data.trials.filter(trial => trial.state === 'FAIL');
      const y = valueAxis(goal().name, done.map(worth));
      return Object.assign(base(), {legend: {type: 'scroll', top: 0, data: ['trial', 'best so far', 'best', ...(pruned.length ? ['pruned'] : []), ...(failed.length ? ['failed'] : [])]}, yAxis: y,
        xAxis: {type: 'value', name: 'trial', nameLocation: 'middle', nameGap: 28, min: 0, max: Math.max(1, data.trials.length), minInterval: 1, splitLine: {show: false}},
        series: [scatter('trial', done.map(t => dot(t, t.number, worth(t))), BLUE, 'circle', done.length > 500 ? 4 : 7),
          {name: 'best so far', type: 'line', step: 'end', data: records, showSymbol: false, lineStyle: {color: BEST, width: 2}, itemStyle: {color: BEST}},
          scatter('pruned', pruned.map(t => dot(t, t.number, worth(t))), PRUNED, 'triangle', 7),
          scatter('failed', failed.map(t => dot(t, t.number, y.min + (y.max - y.min) * 0.02)), FAILED, CROSS, 8),
          ...(best ? [star(best, best.number, worth(best))] : [])]});
    });
  };

  const slices = () => {
    const grid = el('div', {class: 'many'}), ages = ['#b7d3f2', '#2f6db5', '#173a63'];
    section('Each parameter', 'The value over every parameter, on the scale that was searched; later trials are darker.', grid);
    for (const param of data.params) {
      const node = chart('small');
      grid.append(node);
      draw(node, () => {
        const done = complete().filter(trial => param.name in trial.params), best = bestOf(done);
        return Object.assign(base(), {xAxis: paramAxis(param), yAxis: valueAxis(goal().name, complete().map(worth)),
          visualMap: {show: false, seriesIndex: 0, dimension: 2, min: 0, max: Math.max(1, data.trials.length), inRange: {color: ages}},
          series: [...shaded(done.map(t => ({value: [placed(param, t.params[param.name]), worth(t), t.number], trial: t})), ages, 7),
            ...(best ? [star(best, placed(param, best.params[param.name]), worth(best))] : [])]});
      });
    }
  };

  const importance = () => {
    const bars = (title, shares) => {
      const node = chart('small');
      const entries = Object.entries(shares).slice(0, 15).reverse();
      draw(node, () => Object.assign(base(), {title: {text: title, textStyle: {fontSize: 13}}, grid: {left: 8, right: 50, top: 32, bottom: 8, containLabel: true},
        xAxis: {type: 'value', axisLabel: {show: false}, splitLine: {show: false}},
        yAxis: {type: 'category', data: entries.map(e => e[0]), axisLabel: {width: 150, overflow: 'truncate'}},
        tooltip: {confine: true, formatter: p => `${escape(p.name)}: <b>${(p.value * 100).toFixed(1)} %</b>`},
        series: [{type: 'bar', data: entries.map(e => e[1]), itemStyle: {color: BLUE}, label: {show: true, position: 'right', formatter: p => (p.value * 100).toFixed(1) + ' %'}}]}));
      return node;
    };
    if (!data.importance) return;
    const grid = el('div', {class: 'many'});
    section('Importance', 'PED-ANOVA: what mattered for being among the best. fANOVA: whose change explains the differences between all trials, alone and in pairs.', grid);
    grid.append(bars('PED-ANOVA', data.importance.ped));
    if (data.importance.fanova) grid.append(bars('fANOVA' + (several ? ', ' + data.objectives[0].name : ''), data.importance.fanova));
    if (data.importance.pairs && Object.keys(data.importance.pairs).length) grid.append(bars('pairs, beyond the two alone', data.importance.pairs));
  };

  const parallel = () => {
    if (!data.params.length) return;
    const node = chart();
    const LINES = 1000, count = complete().length;
    section('Parallel coordinates', (count > LINES ? `A line for each of ${LINES} of the ${count} complete trials: the best ${LINES / 2}, and as many others, evenly by rank` : 'One line for each trial') + '; drag along an axis to keep only those that pass there.', el('div', {class: 'scroll'}, node));
    node.style.minWidth = 110 * (data.params.length + 1) + 'px';
    draw(node, () => {
      const all = complete(), [low, high] = range(all.map(worth));
      const ranked = all.length > LINES ? all.slice().sort((a, b) => better(worth(a), worth(b)) ? -1 : better(worth(b), worth(a)) ? 1 : 0) : all;
      const done = all.length > LINES ? [...evenly(ranked.slice(LINES / 2), LINES / 2).reverse(), ...ranked.slice(0, LINES / 2).reverse()] : all;
      const axes = data.params.map((param, dim) => ({dim, name: param.name, type: 'value', min: 0, max: 1,
        interval: few(param) > 1 ? 1 / (few(param) - 1) : 0.25,
        axisLabel: {formatter: u => short(label(param, u)), backgroundColor: 'rgba(255,255,255,0.75)'}, nameTextStyle: {width: 100, overflow: 'truncate'}}));
      axes.push({dim: data.params.length, name: goal().name, type: 'value', min: low, max: high, axisLabel: {formatter: tick}});
      const colors = ['#173a63', '#2f6db5', '#8fb9e4', '#f2c14e', '#e8590c'];
      return {animation: false, parallelAxis: axes, parallel: {left: 40, right: 70, top: 40, bottom: 24, parallelAxisDefault: {nameLocation: 'end', nameGap: 12}},
        visualMap: {show: false, dimension: data.params.length, min: low, max: high, inRange: {color: goal().direction === 'maximize' ? colors : colors.slice().reverse()}},
        series: [{type: 'parallel', progressive: 0, lineStyle: {width: 1.5, opacity: 0.55}, inactiveOpacity: 0.03,
          data: done.map(t => data.params.map(param => unit(param, t.params[param.name]) ?? '-').concat([worth(t)]))}]};
    });
  };

  const pairs = () => {
    if (data.params.length < 2) return;
    const order = data.importance ? Object.keys(data.importance.ped) : data.params.map(p => p.name);
    let [first, second] = order;
    const select = (name, start, set) => el('select', {'aria-label': name, onchange: e => { set(e.target.value); charts.filter(c => c.node === left || c.node === right).forEach(c => c.plot && c.plot.setOption(c.option(), true)); }},
      ...data.params.map(param => Object.assign(el('option', {}, short(param.name)), {value: param.name, selected: param.name === start})));
    const left = chart(), right = chart();
    section('Two parameters together', 'Left: the value between the trials, smoothed, and blank where nobody went' + (complete().length > MANY ? ', with a dot for a tenth of them' : '') + '. Right: each trial by its rank.',
      el('div', {class: 'controls'}, el('label', {}, 'across: ', select('across', first, v => first = v)), el('label', {}, 'up: ', select('up', second, v => second = v))),
      el('div', {class: 'two'}, left, right));
    const param = name => data.params.find(p => p.name === name);
    const both = () => complete().filter(t => first in t.params && second in t.params);
    const good = ['#173a63', '#2f6db5', '#8fb9e4', '#f7e3a1', '#f2a93b', '#e8590c'];
    const colors = () => goal().direction === 'maximize' ? good : good.slice().reverse();
    draw(left, () => {
      const trials = both(), [low, high] = range(trials.map(worth)), cells = [], nx = few(param(first)) || 40, ny = few(param(second)) || 40;
      const places = trials.map(t => [unit(param(first), t.params[first]), unit(param(second), t.params[second]), Math.min(high, Math.max(low, worth(t)))]);
      const width = Math.min(0.12, Math.max(0.04, 0.45 / Math.sqrt(Math.max(1, trials.length))));
      const middle = (p, i, n) => few(p) ? (n === 1 ? 0.5 : i / (n - 1)) : (i + 0.5) / n, cell = (p, u, n) => few(p) ? u * (n - 1) : u * n - 0.5;
      // The bell of two variables is the product of one for each: a trial costs nx + ny exponentials, not nx · ny.
      const centres = (p, n) => Float64Array.from({length: n}, (_, i) => middle(p, i, n)), xs = centres(param(first), nx), ys = centres(param(second), ny);
      const bell = (u, at) => at.map(c => Math.exp(-((u - c) ** 2) / (2 * width * width)));
      const sums = new Float64Array(nx * ny), weights = new Float64Array(nx * ny);
      for (const [a, b, v] of places) {
        const across = bell(a, xs), up = bell(b, ys);
        for (let i = 0, k = 0; i < nx; i++) for (let j = 0; j < ny; j++, k++) { const w = across[i] * up[j]; sums[k] += w * v; weights[k] += w; }
      }
      weights.forEach((weight, k) => { if (weight > 0.02) cells.push([Math.floor(k / ny), k % ny, sums[k] / weight]); });
      const dots = places.map((p, k) => ({value: [cell(param(first), p[0], nx), cell(param(second), p[1], ny)], trial: trials[k]}));
      const axis = (p, n) => ({type: 'category', data: Array.from({length: n}, (_, i) => label(p, middle(p, i, n))), name: paramAxis(p).name, nameLocation: 'middle', nameTextStyle: {color: SOFT}, axisLabel: {hideOverlap: true, interval: few(p) ? 0 : 7}});
      return Object.assign(base(), {grid: {left: 80, right: 70, top: 16, bottom: 48}, xAxis: Object.assign(axis(param(first), nx), {nameGap: 28}), yAxis: Object.assign(axis(param(second), ny), {nameGap: 60}),
        visualMap: {min: low, max: high, text: [tick(+high.toPrecision(3)), tick(+low.toPrecision(3))], dimension: 2, seriesIndex: 0, right: 0, top: 'middle', precision: 4, formatter: tick, inRange: {color: colors()}, calculable: false},
        series: [{type: 'heatmap', progressive: 0, data: cells, tooltip: {formatter: p => `about ${number(p.data[2])}`}},
          Object.assign(scatter('trial', trials.length > MANY ? dots.filter((_, k) => k % 10 === 0) : dots, INK, 'circle', 4), {z: 3})]});
    });
    draw(right, () => {
      // The worst first, so that the best lie above them.
      const trials = both().slice().sort((a, b) => better(worth(b), worth(a)) ? -1 : better(worth(a), worth(b)) ? 1 : 0);
      return Object.assign(base(), {grid: {left: 80, right: 76, top: 16, bottom: 48}, xAxis: paramAxis(param(first)), yAxis: Object.assign(paramAxis(param(second)), {nameGap: 60}),
        visualMap: {min: 1, max: Math.max(2, trials.length), dimension: 2, right: 0, top: 'middle', text: ['worst', 'best'], inRange: {color: good.slice().reverse()}, precision: 0},
        series: shaded(trials.map((t, k) => ({value: [placed(param(first), t.params[first]), placed(param(second), t.params[second]), trials.length - k], trial: t})), good, 10)});
    });
  };

  const curves = () => {
    const reported = data.trials.filter(t => t.steps > 1), shown = data.trials.filter(t => t.reports.length > 1);
    if (!reported.length || several) return;
    const node = chart();
    section('Learning curves', 'What each trial reported on its way' + (reported.length > shown.length ? `; ${shown.length} of ${reported.length}: the last ones and the best.` : '.') + ' Pruned ones are grey.', node);
    draw(node, () => {
      const best = bestOf(complete());
      const line = t => ({type: 'line', name: 'trial ' + t.number, showSymbol: false, silent: false, data: t.reports, triggerLineEvent: true,
        lineStyle: {width: t === best ? 3 : 1, color: t === best ? BEST : t.state === 'PRUNED' ? PRUNED : t.state === 'FAIL' ? FAILED : BLUE, opacity: t === best ? 1 : 0.5},
        itemStyle: {color: t === best ? BEST : BLUE}, z: t === best ? 5 : 2, emphasis: {focus: 'series', lineStyle: {width: 3}}, tooltip: {formatter: () => describe(t)}});
      return Object.assign(base(), {xAxis: {type: 'value', name: 'step', nameLocation: 'middle', nameGap: 28, minInterval: 1, min: 'dataMin', splitLine: {show: false}},
        yAxis: valueAxis(goal().name, shown.flatMap(t => t.reports.map(r => r[1]))), series: shown.map(line)});
    });
  };

  const timeline = () => {
    const timed = data.trials.filter(t => t.start && t.end).sort((a, b) => a.start - b.start);
    if (!timed.length) return;
    const lanes = [], at = new Map();
    for (const t of timed) {
      let lane = lanes.findIndex(l => l.owner === t.owner && l.end <= t.start);
      if (lane < 0) lane = lanes.push({owner: t.owner, end: 0}) - 1;
      lanes[lane].end = t.end;
      at.set(t, lane);
    }
    const node = chart(), zero = timed[0].start;
    node.style.height = Math.min(700, 110 + 26 * lanes.length) + 'px';
    section('Timeline', 'Which trial ran when, one lane for each worker.', node);
    const color = {COMPLETE: BLUE, PRUNED, FAIL: FAILED};
    draw(node, () => Object.assign(base(), {grid: {left: 16, right: 20, top: 12, bottom: 48, containLabel: true},
      xAxis: {type: 'value', name: 'time', nameLocation: 'middle', nameGap: 28, max: 'dataMax', axisLabel: {formatter: v => duration(v), hideOverlap: true}},
      yAxis: {type: 'category', data: lanes.map((_, i) => 'worker ' + (i + 1)), inverse: true},
      series: [Object.assign({type: 'custom', progressive: 0, encode: {x: [1, 2], y: 0}, data: timed.map(t => ({value: [at.get(t), t.start - zero, t.end - zero], trial: t})),
        renderItem: (params, api) => {
          const from = api.coord([api.value(1), api.value(0)]), to = api.coord([api.value(2), api.value(0)]), height = Math.min(20, api.size([0, 1])[1] * 0.7);
          return {type: 'rect', shape: {x: from[0], y: from[1] - height / 2, width: Math.max(1.5, to[0] - from[0] - 1), height},
            style: {fill: color[timed[params.dataIndex].state] || '#ced4da'}};
        }}, {tooltip: {formatter: p => describe(p.data.trial) + '<br>took ' + duration(p.data.trial.end - p.data.trial.start)}})]}));
  };

  const distribution = () => {
    const node = chart();
    section('Distribution', 'The share of complete trials that reached a value or better.', node);
    draw(node, () => {
      const sorted = complete().map(worth).sort((a, b) => better(a, b) ? -1 : 1);
      return Object.assign(base(), {xAxis: Object.assign(valueAxis(goal().name, sorted), {nameGap: 28, splitLine: {show: false}}),
        yAxis: {type: 'value', min: 0, max: 1, name: 'share of trials', nameLocation: 'middle', nameGap: 46},
        tooltip: {trigger: 'axis', confine: true, formatter: p => `${(p[0].data[1] * 100).toFixed(0)} % reach ${number(p[0].data[0])}`},
        series: [{type: 'line', step: 'end', showSymbol: false, data: evenly(sorted.map((v, i) => [v, (i + 1) / sorted.length]), MANY), lineStyle: {color: BLUE, width: 2}, areaStyle: {color: BLUE, opacity: 0.08}}]});
    });
  };

  const fronts = () => {
    if (!several) return;
    const places = data.objectives.flatMap((_, i) => data.objectives.slice(i + 1).map((_, k) => [i, i + 1 + k]));
    const grid = el('div', {class: places.length > 1 ? 'many' : ''});
    section('Pareto front', `${front.length} trials that no other beats in all values; behind them those that only these beat, and those that only both beat.`, grid);
    const kinds = [['Pareto front', BEST, 'diamond', 11], ['second front', '#e69f00', 'triangle', 9], ['third front', '#56b4e9', 'rect', 8], ['beaten more often', PRUNED, 'circle', 6], ['violates a constraint', FAILED, CROSS, 8]];
    const kind = t => t.violates ? 4 : Math.min(3, rank.get(t.number) ?? 3);
    const done = data.trials.filter(t => t.state === 'COMPLETE');
    for (const [i, k] of places) {
      const node = chart(places.length > 1 ? 'small' : '');
      grid.append(node);
      draw(node, () => {
        const axis = o => ({type: 'value', scale: true, name: `${short(data.objectives[o].name)} (${data.objectives[o].direction === 'maximize' ? 'more' : 'less'} is better)`, nameLocation: 'middle', nameTextStyle: {color: SOFT}, axisLine: {onZero: false},
          axisLabel: {formatter: tick, showMinLabel: false, showMaxLabel: false, hideOverlap: true}, splitLine: {lineStyle: {color: '#eef1f5'}}});
        const all = kinds.map(([name, color, symbol, size], n) => [done.filter(t => kind(t) === n), name, color, symbol, size]).filter(([trials]) => trials.length);
        const stairs = done.filter(t => kind(t) === 0).map(t => [t.values[0], t.values[1]]).sort((a, b) => a[0] - b[0]);
        return Object.assign(base(), {grid: {left: 66, right: 20, top: places.length > 1 ? 14 : 50, bottom: 48}, legend: {show: places.length === 1, top: 0}, xAxis: Object.assign(axis(i), {nameGap: 28}), yAxis: Object.assign(axis(k), {nameGap: 46}),
          series: [...all.map(([trials, name, color, symbol, size], n) => Object.assign(scatter(`${name} (${trials.length})`, trials.map(t => dot(t, t.values[i], t.values[k])), color, symbol, size), {z: 9 - n})),
            ...(places.length === 1 ? [{type: 'line', step: data.objectives[0].direction === 'minimize' ? 'end' : 'start', data: stairs, showSymbol: false, silent: true, lineStyle: {color: BEST, type: 'dashed', width: 1}}] : [])]});
      });
    }
    if (places.length > 1) grid.before(el('p', {}, ...kinds.map(([name, color], n) => [name, color, done.filter(t => kind(t) === n).length]).filter(([, , count]) => count)
      .flatMap(([name, color, count]) => [el('b', {style: `color:${color}`}, '● '), `${name} (${count})  `])));
    if (!data.volumes.length) return;
    const node = chart('small');
    section('Hypervolume', 'How much of the space of values was dominated after each trial, within ' + data.corner + '.', node);
    draw(node, () => Object.assign(base(), {xAxis: {type: 'value', name: 'trial', nameLocation: 'middle', nameGap: 28, min: 0, max: Math.max(1, data.trials.length), minInterval: 1, splitLine: {show: false}},
      yAxis: {type: 'value', name: 'hypervolume', nameLocation: 'middle', nameGap: 46, nameTextStyle: {color: SOFT}, axisLabel: {formatter: tick}, splitLine: {lineStyle: {color: '#eef1f5'}}},
      tooltip: {trigger: 'axis', confine: true, formatter: p => `trial ${p[0].data[0]}: ${number(p[0].data[1])}`},
      series: [{type: 'line', step: 'end', symbolSize: 4, showSymbol: data.volumes.length < 100, itemStyle: {color: BEST}, lineStyle: {color: BEST, width: 2}, data: [...data.volumes, [data.trials.at(-1).number, data.volumes.at(-1)[1]]]}]}));
  };

  const rounds = () => {
    if (!data.rounds.length) return;
    const grid = el('div', {class: 'many'});
    section('Rounds', 'From coarse to fine: the region that each round searched, and what its trials took there.', grid);
    for (const param of data.params) {
      const node = chart('small');
      grid.append(node);
      draw(node, () => {
        const done = complete().filter(t => param.name in t.params), best = bestOf(done);
        const bands = data.rounds.flatMap(([round, first, last, region]) => {
          const values = region[param.name] ?? [];
          if (param.kind === 'choice') return values.map(v => [first - 0.5, last + 0.5, placed(param, v), placed(param, v), round]);
          return values.length === 2 ? [[first - 0.5, last + 0.5, placed(param, values[0]), placed(param, values[1]), round]] : [];
        });
        return Object.assign(base(), {grid: {left: 76, right: 20, top: 14, bottom: 48}, xAxis: {type: 'value', name: 'trial', nameLocation: 'middle', nameGap: 28, min: 0, max: Math.max(1, data.trials.length), minInterval: 1, splitLine: {show: false}},
          yAxis: Object.assign(paramAxis(param), {nameGap: 56}),
          series: [{type: 'custom', silent: true, encode: {x: [0, 1], y: [2, 3]}, data: bands, clip: true, renderItem: (_, api) => {
            const [left, low] = api.coord([api.value(0), api.value(2)]), [right, high] = api.coord([api.value(1), api.value(3)]), half = param.kind === 'choice' ? api.size([0, 1])[1] / 2 : 0;
            return {type: 'rect', shape: {x: left, y: Math.min(low, high) - half, width: right - left, height: Math.max(1, Math.abs(low - high) + 2 * half)}, style: {fill: api.value(4) % 2 ? '#d6efe6' : '#dbe8f5'}};
          }}, scatter('trial', done.map(t => dot(t, t.number, placed(param, t.params[param.name]))), BLUE, 'circle', done.length > 500 ? 4 : 6),
            ...(best ? [star(best, best.number, placed(param, best.params[param.name]))] : [])]});
      });
    }
  };

  const table = () => {
    const columns = [{name: 'trial', of: t => t.number}, {name: 'state', text: true, of: t => t.state},
      ...data.objectives.map((o, i) => ({name: o.name, of: t => t.values[i] ?? null})),
      ...data.params.map(p => ({name: p.name, text: p.kind === 'choice', of: t => t.params[p.name] ?? null})),
      {name: 'steps', of: t => t.steps}, {name: 'seconds', of: t => t.start && t.end ? (t.end - t.start) / 1000 : null},
      ...(data.trials.some(t => t.error) ? [{name: 'error', text: true, of: t => t.error ?? null}] : [])];
    let column = several ? 0 : 2, up = several || goal().direction === 'minimize', at = 0;
    const ROWS = 100, body = el('tbody'), head = el('tr'), place = el('span'), words = new Intl.Collator(undefined, {numeric: true});
    const last = () => Math.floor((data.trials.length - 1) / ROWS) * ROWS;
    const turn = (sign, name, to) => el('button', {'aria-label': name, title: name, onclick: () => { at = Math.max(0, Math.min(last(), to())); fill(); }}, sign);
    const pages = el('div', {class: 'controls'}, turn('⏮', 'first rows', () => 0), turn('◀', 'rows before', () => at - ROWS), place, turn('▶', 'rows after', () => at + ROWS), turn('⏭', 'last rows', last));
    const fill = () => {
      const of = columns[column].of;
      const rows = data.trials.slice().sort((a, b) => {
        const [x, y] = [of(a), of(b)];
        if (x === null || y === null) return (x === null) - (y === null);
        const order = typeof x === 'number' && typeof y === 'number' ? x - y : words.compare(number(x), number(y));
        return up ? order : -order;
      });
      const best = several ? new Set(front) : new Set([bestOf(complete())?.number]);
      body.replaceChildren(...rows.slice(at, at + ROWS).map(t => el('tr', best.has(t.number) ? {class: 'best'} : {},
        ...columns.map(c => el('td', {class: (c.text ? 'text ' : '') + (c.name === 'state' ? t.state : ''), ...(c.name === 'error' && c.of(t) ? {title: c.of(t)} : {})}, c.name === 'seconds' && c.of(t) !== null ? c.of(t).toFixed(2) : number(c.of(t)))))));
      place.textContent = `${at + 1} to ${Math.min(rows.length, at + ROWS)} of ${rows.length}`;
      pages.style.display = rows.length > ROWS ? '' : 'none';
      [...head.children].forEach((th, i) => th.textContent = columns[i].name + (i === column ? (up ? ' ▲' : ' ▼') : ''));
    };
    columns.forEach((c, i) => head.append(el('th', {class: c.text ? 'text' : '', title: c.name, onclick: () => { up = column === i ? !up : true; column = i; at = 0; fill(); }})));
    fill();
    section('All trials', data.trials.length > ROWS ? 'Click a heading to sort all of them by it.' : 'Click a heading to sort by it.', el('div', {class: 'scroll'}, el('table', {}, el('thead', {}, head), body)), pages);
  };

  const redraw = () => charts.forEach(entry => entry.plot && entry.plot.setOption(entry.option(), true));
  summary();
  if (complete().length) { history(); fronts(); importance(); slices(); rounds(); parallel(); pairs(); curves(); distribution(); }
  timeline();
  table();
  page.append(el('footer', {}, `Made by Caviar ${data.version ? data.version + ', ' : ''}${data.made}. Everything is in this file.`));

  // Charts are drawn when they come into view, so that a page of thousands of trials opens at once; all before printing.
  const show = entry => { if (!entry.plot) { entry.plot = echarts.init(entry.node, null, {renderer: 'canvas'}); entry.plot.setOption(entry.option()); } };
  // One at a time, with room between them for a scroll or a click.
  const waiting = [];
  const next = () => { if (waiting.length) { show(waiting.shift()); setTimeout(next); } };
  const watcher = new IntersectionObserver(seen => {
    const idle = !waiting.length;
    for (const s of seen) {
      const entry = charts.find(c => c.node === s.target);
      if (s.isIntersecting && !entry.plot && !waiting.includes(entry)) waiting.push(entry);
    }
    if (idle) setTimeout(next);
  }, {rootMargin: '400px'});
  charts.forEach(entry => watcher.observe(entry.node));
  addEventListener('resize', () => charts.forEach(entry => entry.plot && entry.plot.resize()));
  addEventListener('beforeprint', () => charts.forEach(show));
})();
