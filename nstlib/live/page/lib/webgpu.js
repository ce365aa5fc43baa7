import{D as Pt,b as He,c as qe,e as At,g as b}from"./chunk-4VVIPBPY.js";import{$ as wt,G as dt,L as mt,M as ft,P as gt,S as xt,Va as vt,W as Ct,Z as St,_ as bt,c as vs,ca as $t,ha as m,ka as Ve,la as It,m as D,n as ot,o as it,p as at,q as nt,qa as Se,r as ut,t as lt,v as ct,va as yt,w as ht,z as pt}from"./chunk-LGYPFHXI.js";var w;(function(s){s[s.ADD=0]="ADD",s[s.ATAN2=1]="ATAN2",s[s.COMPLEX_MULTIPLY_IMAG=2]="COMPLEX_MULTIPLY_IMAG",s[s.COMPLEX_MULTIPLY_REAL=3]="COMPLEX_MULTIPLY_REAL",s[s.DIV=4]="DIV",s[s.ELU_DER=5]="ELU_DER",s[s.EQUAL=6]="EQUAL",s[s.FLOOR_DIV=7]="FLOOR_DIV",s[s.GREATER=8]="GREATER",s[s.GREATER_EQUAL=9]="GREATER_EQUAL",s[s.LESS=10]="LESS",s[s.LESS_EQUAL=11]="LESS_EQUAL",s[s.LOGICAL_AND=12]="LOGICAL_AND",s[s.LOGICAL_OR=13]="LOGICAL_OR",s[s.MAX=14]="MAX",s[s.MIN=15]="MIN",s[s.MOD=16]="MOD",s[s.MUL=17]="MUL",s[s.NOT_EQUAL=18]="NOT_EQUAL",s[s.POW=19]="POW",s[s.PRELU=20]="PRELU",s[s.SQUARED_DIFFERENCE=21]="SQUARED_DIFFERENCE",s[s.SUB=22]="SUB"})(w||(w={}));var As="let resultTemp = a + b;",Ps="let resultTemp = atan2(a, b);",Rs="let resultTemp = areal * breal - aimag * bimag;",Es="let resultTemp = areal * bimag + aimag * breal;",_s="let resultTemp = a / b;",ks="let resultTemp = select(a * (b + 1.0), a, b >= b - b);",Bs=`
  let zero = sign(a) * 0 + 0;
  let one = sign(b) * 0 + 1;
  let resultTemp = select(zero, one, a == b);
`,Ds=`
  let remainder =
      select(a % b, round(a % b), (round(a) == a) & (round(b) == b));
  let quotient = (a - remainder) / b;
  let resultTemp =
      round(select(quotient, quotient - 1, sign(remainder) == -sign(b)));
`,Ls=`
  let zero = sign(a) * 0 + 0;
  let one = sign(b) * 0 + 1;
  let resultTemp = select(zero, one, a > b);
`,Ms=`
  let zero = sign(a) * 0 + 0;
  let one = sign(b) * 0 + 1;
  let resultTemp = select(zero, one, a >= b);
`,Ns=`
  let zero = sign(a) * 0 + 0;
  let one = sign(b) * 0 + 1;
  let resultTemp = select(zero, one, a < b);
`,Us=`
  let zero = sign(a) * 0 + 0;
  let one = sign(b) * 0 + 1;
  let resultTemp = select(zero, one, a <= b);
`,Ts="return f32(a >= 1.0 && b >= 1.0);",zs=`return (vec4<f32>(a >= vec4<f32>(1.0)) *
  vec4<f32>(b >= vec4<f32>(1.0)));`,Fs="return f32(a >= 1.0 || b >= 1.0);",Os=`return min(vec4<f32>(a >= vec4<f32>(1.0)) +
  vec4<f32>(b >= vec4<f32>(1.0)), vec4<f32>(1.0));`,Ws="let resultTemp = max(a, b);",Gs="let resultTemp = min(a, b);",Vs=`
  let isNaN = b == 0.;
  var resultTemp = a % b;
  resultTemp = select((resultTemp + b) % b, resultTemp,
      (a < 0. && b < 0.) || (a >= 0. && b > 0.));
`,Hs=`
  let isNaN = !vec4<bool>(b);
  var resultTemp = vec4<f32>(a % b);
  if (!((a[0] < 0. && b[0] < 0.) || (a[0] >= 0. && b[0] > 0.))) {
    resultTemp[0] = (resultTemp[0] + b[0]) % b[0];
  }
  if (!((a[1] < 0. && b[1] < 0.) || (a[1] >= 0. && b[1] > 0.))) {
    resultTemp[1] = (resultTemp[1] + b[1]) % b[1];
  }
  if (!((a[2] < 0. && b[2] < 0.) || (a[2] >= 0. && b[2] > 0.))) {
    resultTemp[2] = (resultTemp[2] + b[2]) % b[2];
  }
  if (!((a[3] < 0. && b[3] < 0.) || (a[3] >= 0. && b[3] > 0.))) {
    resultTemp[3] = (resultTemp[3] + b[3]) % b[3];
  }
`,qs="let resultTemp = a * b;",Qs=`
  var resultTemp = f32(a != b);
  let valueForNaN = 1.0;
`,Ks=`
  var resultTemp = vec4<f32>(a != b);
  let valueForNaN = 1.0;
`,Ys=`
  let isNaN = a < 0.0 && floor(b) < b;
  if (b == 0.0) {
    return 1.0;
  }
  var resultTemp = select(sign(a) * pow(abs(a), b), pow(abs(a), b),
      round(abs(b) % 2.0) != 1.0);
`,Xs=`
  let isModRound1Bool = vec4<i32>(round(abs(b) % vec4<f32>(2.0))) == vec4<i32>(1);
  let isModRound1 = vec4<f32>(isModRound1Bool);
  let multiplier = sign(a) * isModRound1 + (vec4<f32>(1.0) - isModRound1);
  var resultTemp = multiplier * pow(abs(a), b);

  // Ensure that a^0 = 1, including 0^0 = 1 as this correspond to TF and JS
  let isExpZero = b == vec4<f32>(0.0);
  if (isExpZero.r) {
    resultTemp.r = 1.0;
  }
  if (isExpZero.g) {
    resultTemp.g = 1.0;
  }
  if (isExpZero.b) {
    resultTemp.b = 1.0;
  }
  if (isExpZero.a) {
    resultTemp.a = 1.0;
  }
  let isNaN = (a < vec4<f32>(0.0)) & (floor(b) < b);
`,js="if (a < 0.0) { return b * a; }  return a;",Zs=`
  let aLessThanZero = vec4<f32>(a < vec4<f32>(0.0));
  return (aLessThanZero * (b * a)) + ((vec4<f32>(1.0) - aLessThanZero) * a);
`,Js="let resultTemp = (a - b) * (a - b);",er="let resultTemp = a - b;";function te(s,t){let e;do{switch(s){case w.ATAN2:e=Ps;break;case w.MAX:e=Ws;break;case w.MIN:e=Gs;break;case w.MOD:e=t?Hs:Vs;break;case w.NOT_EQUAL:e=t?Ks:Qs;break;case w.POW:e=t?Xs:Ys;break;default:continue}let r,o,i;return t?(r="isnanVec4",o="vec4<f32>",i="vec4<bool>"):(r="isnan",o="f32",i="bool"),`
      let aIsNaN = ${r}(a);
      let aPostLegalization = select(a, ${o}(42), aIsNaN);
      let bIsNaN = ${r}(b);
      let bPostLegalization = select(b, ${o}(42), bIsNaN);
      let isNaN = false;
      let valueForNaN = uniforms.NAN;
      {
        let a = aPostLegalization;
        let b = bPostLegalization;
        ${e}
        return select(
            resultTemp, ${o}(valueForNaN),
            ${i}(isNaN) | aIsNaN | bIsNaN);
      }
    `}while(!1);switch(s){case w.ADD:e=As;break;case w.COMPLEX_MULTIPLY_IMAG:e=Es;break;case w.COMPLEX_MULTIPLY_REAL:e=Rs;break;case w.DIV:e=_s;break;case w.ELU_DER:e=ks;break;case w.EQUAL:e=Bs;break;case w.FLOOR_DIV:e=Ds;break;case w.GREATER:e=Ls;break;case w.GREATER_EQUAL:e=Ms;break;case w.LESS:e=Ns;break;case w.LESS_EQUAL:e=Us;break;case w.LOGICAL_AND:return t?zs:Ts;case w.LOGICAL_OR:return t?Os:Fs;case w.MUL:e=qs;break;case w.PRELU:return t?Zs:js;case w.SQUARED_DIFFERENCE:e=Js;break;case w.SUB:e=er;break;default:}return`
    ${e}
    return resultTemp;
  `}function Rt(s,t){if(Math.max(...s)>5)throw new Error("Cannot symbolically compute strides for rank > 6 tensor.");let e=s.length,r="xyzwuv",o=s.map(a=>`${t}.${r[a]}`),i=new Array(e-1);i[e-2]=o[e-1];for(let a=e-3;a>=0;--a)i[a]=`(${i[a+1]} * ${o[a+1]})`;return i}var Et=(s,t,e)=>e==="int32"?`atomicAdd(${s}, bitcast<i32>(${t}));`:`
          {
            var oldValue = 0;
            loop {
              let newValueF32 = bitcast<f32>(oldValue) + (${t});
              let newValue = bitcast<i32>(newValueF32);
              let res = atomicCompareExchangeWeak(${s}, oldValue, newValue);
              if res.exchanged {
                break;
              }
              oldValue = res.old_value;
            }
          }`;var le;(function(s){s[s.FROM_PIXELS=0]="FROM_PIXELS",s[s.DRAW=1]="DRAW"})(le||(le={}));var Dt=(s,t,e,r,o)=>{let i={dtype:r.dtype,shape:r.shape},a=sr(e,i,t),n=s.createShaderModule({code:a,label:t.constructor.name}),u=D().get("WEBGPU_PRINT_SHADER");if(u!==""){u=u.toLowerCase();let c=u.split(",");(u==="all"||c.some(l=>t.shaderKey.toLowerCase().includes(l)))&&(console.group(t.shaderKey),console.debug(a),console.groupEnd())}return o?s.createComputePipelineAsync({compute:{module:n,entryPoint:"_start"},label:t.constructor.name,layout:"auto"}):s.createComputePipeline({compute:{module:n,entryPoint:"_start"},label:t.constructor.name,layout:"auto"})},y=(s,t="f32")=>{switch(s){case 1:return`${t}`;case 2:return`vec2<${t}>`;case 3:return`vec3<${t}>`;case 4:return`vec4<${t}>`;default:throw new Error(`${s}-component ${t} is not supported.`)}};function N(s){if(s<=1)return"i32";if(s===2)return"vec2<i32>";if(s===3)return"vec3<i32>";if(s===4)return"vec4<i32>";if(s===5)return"vec5";if(s===6)return"vec6";throw Error(`GPU for rank ${s} is not yet supported`)}function Y(s){if(s===0)return"x";if(s===1)return"y";if(s===2)return"z";if(s===3)return"w";if(s===4)return"u";if(s===5)return"v";throw Error(`Index ${s} is not yet supported`)}function $(...s){let t;switch(s.length){case 0:t=`
        fn main()
      `;break;case 1:t=`
        fn main(${s[0]} : i32)
      `;break;default:throw Error("Unreachable")}return t}function _t(s,t){let e;return e=`
     ${tr(t)}
      fn _start(@builtin(local_invocation_id) LocalId : vec3<u32>,
                @builtin(global_invocation_id) GlobalId : vec3<u32>,
                @builtin(local_invocation_index) LocalIndex: u32,
                @builtin(workgroup_id) WorkgroupId : vec3<u32>,
                @builtin(num_workgroups) NumWorkgroups : vec3<u32>) {
        localId = LocalId;
        localIndex = LocalIndex;
        globalId = GlobalId;
        numWorkgroups = NumWorkgroups;
        workgroupId = WorkgroupId;
        ${s?"main(getGlobalIndex());":"main();"};
      }
    `,e}function tr(s){return`
  @compute @workgroup_size(${s.workgroupSize[0]}, ${s.workgroupSize[1]}, ${s.workgroupSize[2]})
`}function sr(s,t,e){let r=[],o=e.workgroupSize[0]*e.workgroupSize[1]*e.workgroupSize[2];if(e.outputComponent=e.outputComponent?e.outputComponent:1,r.push(`

      var<private> localId: vec3<u32>;
      var<private> localIndex: u32;
      var<private> globalId: vec3<u32>;
      var<private> numWorkgroups: vec3<u32>;
      var<private> workgroupId: vec3<u32>;

      // Only used when the y/z dimension of workgroup size is 1.
      fn getGlobalIndex() -> i32 {
        ${Mt(e)?"  return i32(globalId.x);":`  return i32((workgroupId.z * numWorkgroups.x * numWorkgroups.y +
                workgroupId.y * numWorkgroups.x + workgroupId.x) * ${o}u +
                localIndex);
        `}
      }
    `),e.pixelsOpType!=null){let p=e.pixelsOpType===le.FROM_PIXELS?`@group(0) @binding(0) var<storage, read_write> result: array<${se(t.dtype,e.outputComponent)}>;`:`@group(0) @binding(1) var<storage, read> inBuf : array<${se(s[0].dtype,e.outputComponent)}>;`,g=t.shape.length===3?"vec2<i32>":"i32";r.push(`
        struct Uniform {
          outShapeStrides : ${g},
          size            : i32,
          numChannels     : i32,
          alpha           : f32,
        };

        ${p}
        @group(0) @binding(2) var<uniform> uniforms: Uniform;
      `);let x=Bt(e);return[kt,r.join(`
`),Qe(t.shape),e.getUserCode(),_t(x,e)].join(`
`)}let i,a,n="struct Uniforms { NAN : f32, INFINITY : f32, ";e.variableNames.forEach((p,g)=>{let x=N(s[g].shape.length);n+=`${p.charAt(0).toLowerCase()+p.slice(1)}Shape : ${x}, `,i=s[g].shape.length-1,a=N(i),n+=`${p.charAt(0).toLowerCase()+p.slice(1)}ShapeStrides: ${a}, `});let u=N(t.shape.length);n+=`outShape : ${u}, `,i=t.shape.length-1,a=N(i),n+=`
         outShapeStrides: ${a}, `,e.size&&(n+="size : i32, "),e.uniforms&&(n+=e.uniforms),n+="};",n=cr(n),r.push(n),e.atomic?r.push(`
      @group(0) @binding(0) var<storage, read_write> result: array<atomic<i32>>;
    `):r.push(`
      @group(0) @binding(0) var<storage, read_write> result: array<${se(t.dtype,e.outputComponent)}>;
    `),e.variableNames.forEach((p,g)=>{r.push(`
      @group(0) @binding(${1+g}) var<storage, read> ${p}: array<${e.variableComponents?se(s[g].dtype,e.variableComponents[g]):se(s[g].dtype,e.outputComponent)}>;
        `)}),n!==""&&r.push(`
      @group(0) @binding(${1+e.variableNames.length}) var<uniform> uniforms: Uniforms;
      `);let c=nr(t.shape,e.dispatchLayout),l=[kt,r.join(`
`)+rr,Qe(t.shape),c,ur(t.shape.length)];e.atomic||l.push(lr(t.shape,t.dtype,e.outputComponent)),e.variableNames.forEach((p,g)=>{l.push(`${Qe(s[g].shape,p)}`)});let d=s.map((p,g)=>ar(p,t.shape,e.variableComponents?e.variableComponents[g]:e.outputComponent,e.dispatchLayout.x.length===t.shape.length)).join(`
`);l.push(d),l.push(e.getUserCode());let h=Bt(e);return l.push(_t(h,e)),l.join(`
`)}function Lt(s,t,e){let r=s.shaderKey;if(s.pixelsOpType!=null)return r;let o=[],i=[];t.forEach(l=>{o.push(l.shape),i.push(l.dtype)}),o.push(e.shape),i.push(e.dtype);let a=t.map(l=>b.getBroadcastDims(l.shape,e.shape)),n=t.map(l=>m.arraysEqual(l.shape,e.shape)).join("_"),u=a.map(l=>l.join("_")).join(";"),c=Mt(s)?"flatDispatch":"";return r+="_"+(s.workgroupSize?s.workgroupSize.join(","):"")+o.map(l=>l.length).join(",")+i.join(",")+s.variableNames.join(",")+u+n+c,r}var kt=`
  struct vec5 {x: i32, y: i32, z: i32, w: i32, u: i32};
  struct vec6 {x: i32, y: i32, z: i32, w: i32, u: i32, v: i32};

  // Checks whether coordinates lie within the bounds of the shape.
  fn coordsInBounds2D(coord : vec2<i32>, shape : vec2<i32>) -> bool {
    return all(coord >= vec2<i32>(0)) && all(coord < shape);
  }
  fn coordsInBounds3D(coord : vec3<i32>, shape : vec3<i32>) -> bool {
    return all(coord >= vec3<i32>(0)) && all(coord < shape);
  }
  fn coordsInBounds4D(coord : vec4<i32>, shape : vec4<i32>) -> bool {
    return all(coord >= vec4<i32>(0)) && all(coord < shape);
  }

  fn getIndexFromCoords1D(coord : i32, shape : i32) -> i32 {
    return coord;
  }
  fn getIndexFromCoords2D(coords : vec2<i32>, shape : vec2<i32>) -> i32 {
    return dot(coords, vec2<i32>(shape.y, 1));
  }
  fn getIndexFromCoords3D(coords : vec3<i32>, shape : vec3<i32>) -> i32 {
    return dot(coords, vec3<i32>(shape.y * shape.z, shape.z, 1));
  }
  fn getIndexFromCoords4D(coords : vec4<i32>, shape : vec4<i32>) -> i32 {
    return dot(coords, vec4<i32>(
        shape.y * shape.z * shape.w, shape.z * shape.w, shape.w, 1));
  }
  fn getIndexFromCoords5D(coords : vec5, shape : vec5) -> i32 {
    let shapeStrides: vec5 = vec5(shape.y * shape.z * shape.w * shape.u, shape.z * shape.w * shape.u, shape.w * shape.u, shape.u, 1);
    return coords.x*shapeStrides.x + coords.y*shapeStrides.y + coords.z*shapeStrides.z + coords.w*shapeStrides.w + coords.u*shapeStrides.u;
  }
  fn getIndexFromCoords6D(coords : vec6, shape : vec6) -> i32 {
    let shapeStrides: vec6 = vec6(shape.y * shape.z * shape.w * shape.u * shape.v, shape.z * shape.w * shape.u * shape.v, shape.w * shape.u * shape.v, shape.u * shape.v, shape.v, 1);
    return coords.x*shapeStrides.x + coords.y*shapeStrides.y + coords.z*shapeStrides.z + coords.w*shapeStrides.w + coords.u*shapeStrides.u + coords.v*shapeStrides.v;
  }

  // NaN defination in IEEE 754-1985 is :
  //   - sign = either 0 or 1.
  //   - biased exponent = all 1 bits.
  //   - fraction = anything except all 0 bits (since all 0 bits represents infinity).
  // https://en.wikipedia.org/wiki/IEEE_754-1985#Representation_of_non-numbers
  fn isnan(val: f32) -> bool {
    let floatToUint: u32 = bitcast<u32>(val);
    return (floatToUint & 0x7fffffffu) > 0x7f800000u;
  }
  fn isnanVec4(val : vec4<f32>) -> vec4<bool> {
    let floatToUint: vec4<u32> = bitcast<vec4<u32>>(val);
    return (floatToUint & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
  }
`,rr=`
  fn isinf(val: f32) -> bool {
    return abs(val) == uniforms.INFINITY;
  }
`;function Qe(s,t=""){let e=s.length,r=t!==""?`get${t.charAt(0).toUpperCase()+t.slice(1)}CoordsFromIndex`:"getCoordsFromIndex",o=t!==""?`${t.charAt(0).toLowerCase()+t.slice(1)}ShapeStrides`:"outShapeStrides";if(e<=1)return`fn ${r}(index : i32) -> i32 { return index; }`;let i=m.computeStrides(s),a=N(e),n=[];for(let c=0;c<e;c++)n.push(`d${c}`);if(i.length===1)return`    fn ${r}(index : i32) -> vec2<i32> {
      let d0 = index / uniforms.${o}; let d1 = index - d0 * uniforms.${o};
      return vec2<i32>(d0, d1);
    }`;let u;return u="var index2 = index;"+i.map((c,l)=>{let d=`let ${n[l]} = index2 / uniforms.${o}.${Y(l)}`,h=l===i.length-1?`let ${n[l+1]} = index2 - ${n[l]} * uniforms.${o}.${Y(l)}`:`index2 = index2 - ${n[l]} * uniforms.${o}.${Y(l)}`;return`${d}; ${h};`}).join(""),`
    fn ${r}(index : i32) -> ${a} {
      ${u}
      return ${a}(${n.join(",")});
    }
  `}function or(s,t){let e=s.name,r=s.shape.length,o=N(r),i="get"+e.charAt(0).toUpperCase()+e.slice(1),a=["d0","d1","d2","d3","d4","d5"].slice(0,r),n=a.map(l=>`${l} : i32`).join(", ");if(r<1)return`
      fn ${i}() -> ${y(t)} {
        return ${y(t)}(${e}[0]);
      }
    `;let u=`uniforms.${e.charAt(0).toLowerCase()+e.slice(1)}Shape`,c=`${r}D`;return r===0&&(c="1D"),`
    fn ${i}(${n}) -> ${y(t)} {
      return ${y(t)}(${e}[getIndexFromCoords${c}(${o}(${a.join(",")}),
        ${u})${t===1?"":` / ${t}`}]);
    }
   `}function ir(s,t,e,r){let o=s.name,i=o.charAt(0).toUpperCase()+o.slice(1),a="get"+i+"ByOutput",n=s.shape.length,u=t.length,c=N(u);if(m.arraysEqual(s.shape,t)&&r)return`
    fn ${a}Index(globalIndex : i32) -> ${y(e)} {
      return ${y(e)}(${o}[globalIndex]);
    }

    fn ${a}Coords(coords : ${c}) -> ${y(e)} {
      return ${y(e)}(${o}[${u>1?"getOutputIndexFromCoords(coords)":"coords"}${e===1?"":` / ${e}`}]);
    }
    `;let l=b.getBroadcastDims(s.shape,t),d=u-n,h="";if(n===0)return`
    fn ${a}Index(globalIndex : i32) -> ${y(e)}{
      return get${i}();
    }

    fn ${a}Coords(coords : ${c}) -> ${y(e)}{
      return get${i}();
    }
  `;u<2&&l.length>=1?h="coords = 0;":h=l.map(x=>`coords.${Y(x+d)} = 0;`).join(`
`);let f="";if(u<2&&n>0)f="coords";else if(u>1){let x=N(n),S=s.shape.map((A,v)=>`coords.${Y(v+d)}`).join(", ");f=`${x}(${S})`}else f="coords";let p=`uniforms.${o.charAt(0).toLowerCase()+o.slice(1)}Shape`,g=`${n}D`;return`
  fn ${a}Index(globalIndex : i32) -> ${y(e)} {
    var coords = getCoordsFromIndex(globalIndex);
    ${h}
    return ${y(e)}(${o}[getIndexFromCoords${g}(${f}, ${p})${e===1?"":` / ${e}`}]);
  }

  fn ${a}Coords(coordsIn : ${c}) -> ${y(e)} {
    var coords = coordsIn;
    ${h}
    return ${y(e)}(${o}[getIndexFromCoords${g}(${f}, ${p})${e===1?"":` / ${e}`}]);
  }
`}function ar(s,t,e,r){let o=or(s,e);return s.shape.length<=t.length&&(o+=ir(s,t,e,r)),o}function nr(s,t){let{x:e,y:r=[],z:o=[]}=t,i=s.length,a=e.length+r.length+o.length;if(a!==i)return"";if(e.length===i)return`fn getOutputCoords() -> ${N(i)}{
    let globalIndex = getGlobalIndex();
    return getCoordsFromIndex(globalIndex);
  }
  `;let n="",u=[e,r,o];for(let h=0;h<u.length;h++){let f=u[h];if(f.length!==0)if(f.length===1)n+=`let d${f[0]} = i32(globalId[${h}]);`;else{let p=Rt(f,"uniforms.outShape");n+=`var index${h} = i32(globalId[${h}]);`;for(let g=0;g<p.length;g++)n+=`let d${f[g]} = index${h} / ${p[g]};`,g===p.length-1?n+=`let d${f[g+1]} = index${h} - d${f[g]} * ${p[g]};`:n+=`index${h} = index${h} - d${f[g]} * ${p[g]};`}}let c=[];for(let h=0;h<a;h++)c.push(`d${h}`);let l=N(a),d=`fn getOutputCoords() -> ${l} {
  ${n}
`;return c.length===0?d+=`return ${l}(0); }`:d+=`return ${l}(${c.join(",")}); }`,d}function ur(s){let t="";switch(s){case 0:case 1:t+=`
        fn getOutputIndexFromCoords(coords : i32) -> i32 {
          return coords;
        }
        `;break;case 2:t+=`
        fn getOutputIndexFromCoords(coords : vec2<i32>) -> i32 {
          return dot(coords, vec2<i32>(uniforms.outShapeStrides, 1));
        }
        `;break;case 3:t+=`
        fn getOutputIndexFromCoords(coords : vec3<i32>) -> i32 {
          return dot(coords, vec3<i32>(uniforms.outShapeStrides.x, uniforms.outShapeStrides.y, 1));
        }
        `;break;case 4:t+=`
        fn getOutputIndexFromCoords(coords : vec4<i32>) -> i32 {
          return dot(coords, vec4<i32>(
            uniforms.outShapeStrides.x, uniforms.outShapeStrides.y, uniforms.outShapeStrides.z, 1));
        }
        `;break;case 5:t+=`
        fn getOutputIndexFromCoords(coords : vec5) -> i32 {
          return coords.x * uniforms.outShapeStrides.x +
              coords.y * uniforms.outShapeStrides.y +
              coords.z * uniforms.outShapeStrides.z +
              coords.w * uniforms.outShapeStrides.w +
              coords.u;
        }
        `;break;case 6:t+=`
        fn getOutputIndexFromCoords(coords : vec6) -> i32 {
          return coords.x * uniforms.outShapeStrides.x +
              coords.y * uniforms.outShapeStrides.y +
              coords.z * uniforms.outShapeStrides.z +
              coords.w * uniforms.outShapeStrides.w +
              coords.u * uniforms.outShapeStrides.u +
              coords.v;
        }
        `;break;default:m.assert(!1,()=>`Unsupported ${s}D shape`);break}return t}function Mt(s){return s.dispatch[1]===1&&s.dispatch[2]===1}function se(s,t=1){if(s==="float32")return y(t,"f32");if(s==="int32"||s==="bool")return y(t,"i32");throw new Error(`type ${s} is not supported.`)}function lr(s,t,e){let r=s.length,o=se(t,e),i=`fn setOutputAtIndex(flatIndex : i32, value : ${y(e)}) {
      result[flatIndex] = ${o}(value);
    }

    fn setOutputAtIndexI32(flatIndex : i32, value : ${y(e,"i32")}) {
      result[flatIndex] = ${o}(value);
    }
    `;if(r>=2){let a=["d0","d1","d2","d3","d4","d5"].slice(0,r),n=N(r);i+=`
      fn setOutputAtCoords(${a.map(u=>`${u} : i32`).join(", ")}, value : ${y(e)}) {
        let flatIndex = getOutputIndexFromCoords(${n}(${a.join(", ")}));
        setOutputAtIndex(flatIndex${e===1?"":` / ${e}`}, value);
      }
      fn setOutputAtCoordsI32(${a.map(u=>`${u} : i32`).join(", ")}, value : ${y(e,"i32")}) {
        let flatIndex = getOutputIndexFromCoords(${n}(${a.join(", ")}));
        setOutputAtIndexI32(flatIndex${e===1?"":` / ${e}`}, value);
      }
    `}return i}function cr(s){let t=/(\w+)\s*:\s*vec(5|6)/g;s=s.replace(t,r=>"@align(16) "+r);let e=/vec(5|6)\s*,\s*(\w+)/g;return s=s.replace(e,(r,o,i)=>`vec${o}, @align(16) ${i}`),s}function Bt(s){return!(s.dispatchLayout.hasOwnProperty("y")&&s.dispatchLayout.y.length!==0||s.dispatchLayout.hasOwnProperty("z")&&s.dispatchLayout.z.length!==0)}var Ze={};vs(Ze,{GPUBytesPerElement:()=>be,MatMulProgramType:()=>V,assertNotComplex:()=>je,computeDispatch:()=>I,computeWorkPerThreadForConv2d:()=>Xe,computeWorkgroupInfoForMatMul:()=>Ke,computeWorkgroupSizeForConv2d:()=>Ye,flatDispatchLayout:()=>R,isWebGPUSupported:()=>ce,tilesFitEvenlyIntoShape:()=>pr});var J=s=>{let t=1;for(let e=0;e<s.length;e++)t*=s[e];return t};function pr(s,t){if(s.length!==t.length)throw new Error(`Cannot compute whether rank ${s.length} tiles fit evenly into rank ${t.length} shape - ranks must match.`);return t.every((e,r)=>e%s[r]===0)}function I(s,t,e=[1,1,1],r=[1,1,1]){let[o,i,a]=[Math.ceil(J(s.x.map(n=>t[n]))/(e[0]*r[0])),s.y?Math.ceil(J(s.y.map(n=>t[n]))/(e[1]*r[1])):1,s.z?Math.ceil(J(s.z.map(n=>t[n]))/(e[2]*r[2])):1];return[o,i,a]}function Ke(s,t,e,r=!1){let o=[8,8,1],i=[4,4,1];return r||(s<=8&&(i[1]=1),t<=16&&e<=16&&(o[0]=4)),{workgroupSize:o,elementsPerThread:i}}function Ye(s,t,e=!1){if(e)return[8,8,1];let r=J(s.x.map(i=>t[i])),o=J(s.y.map(i=>t[i]));return r<=4?[4,16,1]:o<=4?[16,4,1]:[16,16,1]}function Xe(s,t,e=!1){if(e)return[4,4,1];let r=J(s.x.map(i=>t[i])),o=J(s.y.map(i=>t[i]));return r<=4?[1,2,1]:o<=4?[2,1,1]:[2,2,1]}function R(s){return{x:s.map((t,e)=>e)}}function be(s){if(s==="float32"||s==="int32"||s==="bool"||s==="string")return 4;if(s==="complex64")return 8;throw new Error(`Unknown dtype ${s}`)}function ce(){return!!(typeof globalThis<"u"&&globalThis.navigator&&globalThis.navigator.gpu)}function je(s,t){Array.isArray(s)||(s=[s]),s.forEach(e=>{e!=null&&m.assert(e.dtype!=="complex64",()=>`${t} does not support complex64 tensors in the WebGPU backend.`)})}var V;(function(s){s[s.MatMulReduceProgram=0]="MatMulReduceProgram",s[s.MatMulSplitKProgram=1]="MatMulSplitKProgram",s[s.MatMulSmallOutputSizeProgram=2]="MatMulSmallOutputSizeProgram",s[s.MatMulPackedProgram=3]="MatMulPackedProgram",s[s.MatMulMax=4]="MatMulMax"})(V||(V={}));var he=class{constructor(t,e,r){this.variableNames=["AReal","AImag","BReal","BImag"],this.workgroupSize=[128,1,1],this.size=!0,this.outputShape=b.assertAndGetBroadcastShape(e,r),this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize),this.shaderKey=`binaryOpComplex_${t}`,this.op=t}getUserCode(){return`
      fn binaryOpComplex(
          areal : f32, aimag : f32, breal : f32, bimag : f32) -> f32 {
        ${te(this.op,!1)}
      }

      ${$("index")} {
        if(index < uniforms.size) {
          let areal = getARealByOutputIndex(index);
          let aimag = getAImagByOutputIndex(index);
          let breal = getBRealByOutputIndex(index);
          let bimag = getBImagByOutputIndex(index);
          setOutputAtIndex(index, binaryOpComplex(areal, aimag, breal, bimag));
        }
      }
    `}};var pe=class{constructor(t,e,r){if(this.size=!0,this.variableNames=["A","B"],this.outputShape=b.assertAndGetBroadcastShape(e,r),this.dispatchLayout=R(this.outputShape),this.op=t,this.useSharedMemoryWithA=e.length<=1&&r.length>1&&e[0]<128,this.useSharedMemoryWithB=r.length<=1&&e.length>1&&r[0]<128,this.useSharedMemoryWithA||this.useSharedMemoryWithB)this.outputComponent=1,this.variableComponents=[1,1],this.lastDimensionSize=this.useSharedMemoryWithB?r[0]:e[0],this.shaderKey=`binary_${t}_${this.lastDimensionSize}`,this.type="shared",this.workgroupSize=[256,1,1];else{let o=e.length>0&&e[e.length-1]%4===0,i=r.length>0&&r[r.length-1]%4===0;o&&i?(this.outputComponent=4,this.variableComponents=[4,4]):o&&(m.isScalarShape(r)||r[r.length-1]===1)||i&&(m.isScalarShape(e)||e[e.length-1]===1)?(this.outputComponent=4,this.variableComponents=o?[4,1]:[1,4]):(this.outputComponent=1,this.variableComponents=[1,1]),this.type="nonshared",this.shaderKey=`binary_${t}_${this.variableComponents}`,this.workgroupSize=[128,1,1]}this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize,[this.outputComponent,1,1])}getUserCode(){let t,e=this.outputComponent===4?"vec4<f32>":"f32",r=`
    fn binaryOperation(a : ${e}, b : ${e}) -> ${e} {
      ${te(this.op,this.outputComponent===4)}
    };
    `;if(this.type==="shared"){let o=this.lastDimensionSize>1?`coords[${this.outputShape.length-1}]`:"0",i=this.useSharedMemoryWithB?`let a = getAByOutputIndex(index);
          let b = sharedBuf[${o}];`:`let a = sharedBuf[${o}];
          let b = getBByOutputIndex(index);`;t=`
        ${r}
        var<workgroup> sharedBuf : array<f32, ${this.lastDimensionSize}>;
        ${$("index")} {
          // Fill in the shared memory buffer.
          let localIndex = i32(localId.x);
          if(localIndex < ${this.lastDimensionSize}) {
            sharedBuf[localIndex] = f32(${this.useSharedMemoryWithB?"B":"A"}[localIndex]);
          }
          workgroupBarrier();

          if(index < uniforms.size) {
            let coords = getCoordsFromIndex(index);
            ${i}
            setOutputAtIndex(index, binaryOperation(a, b));
          }
        }
        `}else t=`
       ${r}
       ${$("index")} {
         if (index < uniforms.size) {
           let coords = getCoordsFromIndex(index * ${this.outputComponent});
           let a = ${e}(getAByOutputCoords(coords));
           let b = ${e}(getBByOutputCoords(coords));
           setOutputAtIndex(index, binaryOperation(a, b));
         }
       }
       `;return t}};function z(s){let{inputs:t}=s,{x:e}=t;return s.backend.incRef(e.dataId),{dataId:e.dataId,shape:e.shape,dtype:e.dtype}}var Nt={kernelName:dt,backendName:"webgpu",kernelFunc:z};function re(s){let{inputs:t,backend:e}=s,{real:r,imag:o}=t,i=e.makeTensorInfo(r.shape,"complex64"),a=e.tensorMap.get(i.dataId),n=z({inputs:{x:r},backend:e}),u=z({inputs:{x:o},backend:e});return a.complexTensorInfos={real:n,imag:u},i}var C;(function(s){s[s.ABS=0]="ABS",s[s.ACOS=1]="ACOS",s[s.ACOSH=2]="ACOSH",s[s.ASIN=3]="ASIN",s[s.ASINH=4]="ASINH",s[s.ATAN=5]="ATAN",s[s.ATANH=6]="ATANH",s[s.CEIL=7]="CEIL",s[s.COS=8]="COS",s[s.COSH=9]="COSH",s[s.ELU=10]="ELU",s[s.ERF=11]="ERF",s[s.EXP=12]="EXP",s[s.EXPM1=13]="EXPM1",s[s.FLOOR=14]="FLOOR",s[s.IS_FINITE=15]="IS_FINITE",s[s.IS_INF=16]="IS_INF",s[s.IS_NAN=17]="IS_NAN",s[s.LINEAR=18]="LINEAR",s[s.LOG=19]="LOG",s[s.LOG1P=20]="LOG1P",s[s.LOGICAL_NOT=21]="LOGICAL_NOT",s[s.NEG=22]="NEG",s[s.RELU=23]="RELU",s[s.RELU6=24]="RELU6",s[s.LEAKYRELU=25]="LEAKYRELU",s[s.RECIPROCAL=26]="RECIPROCAL",s[s.ROUND=27]="ROUND",s[s.RSQRT=28]="RSQRT",s[s.SELU=29]="SELU",s[s.SIGMOID=30]="SIGMOID",s[s.SIGN=31]="SIGN",s[s.SIN=32]="SIN",s[s.SINH=33]="SINH",s[s.SOFTPLUS=34]="SOFTPLUS",s[s.SQRT=35]="SQRT",s[s.SQUARE=36]="SQUARE",s[s.STEP=37]="STEP",s[s.TAN=38]="TAN",s[s.TANH=39]="TANH",s[s.TO_INT=40]="TO_INT"})(C||(C={}));var dr="return abs(a);",mr=`
  if (abs(a) > 1.) {
    return uniforms.NAN;
  }
  return acos(a);
`,fr=`
  if (a < 1.) {
    return uniforms.NAN;
  }
  return acosh(a);
`,gr=`
  if (abs(a) > 1.) {
    return uniforms.NAN;
  }
  return asin(a);
`,xr="return asinh(a);",Cr=`
  if (isnan(a)) {
    return uniforms.NAN;
  }
  return atan(a);
`,Sr=`
  if (abs(a) > 1.) {
    return uniforms.NAN;
  }
  if (a == 1.) {
    return uniforms.INFINITY;
  }
  if (a == -1.) {
    return -uniforms.INFINITY;
  }
  return atanh(a);
`,br="return ceil(a);",wr="return cos(a);",$r=`
  let e2x = exp(-a);
  return (e2x + 1.0 / e2x) / 2.0;
`,Ir="return exp(a) - 1.0;",yr="if (a >= 0.0) { return a; }  return (exp(a) - 1.0);",vr=`
  var resFloat = exp(a) - vec4<f32>(1.0);
  if (a.r >= 0.0) {
    resFloat.r = a.r;
  }
  if (a.g >= 0.0) {
    resFloat.g = a.g;
  }
  if (a.b >= 0.0) {
    resFloat.b = a.b;
  }
  if (a.a >= 0.0) {
    resFloat.a = a.a;
  }
  return resFloat;
`,Ar=`
  // Error function is calculated approximately with elementary function.
  // See "Handbook of Mathematical Functions with Formulas,
  // Graphs, and Mathematical Tables", Abramowitz and Stegun.
  let p = ${b.ERF_P};
  let a1 = ${b.ERF_A1};
  let a2 = ${b.ERF_A2};
  let a3 = ${b.ERF_A3};
  let a4 = ${b.ERF_A4};
  let a5 = ${b.ERF_A5};

  let sign = sign(a);
  let absA = abs(a);
  let t = 1.0 / (1.0 + p * absA);
  return sign * (1.0 - (((((a5 * t + a4) * t) + a3) * t + a2) * t + a1) * t * exp(-absA * absA));
`,Pr="return exp(a);",Rr="return floor(a);",Er="return f32(!isnan(a) && !isinf(a));",_r="return f32(isinf(a));",kr="return f32(isnan(a));",Br="return a;",Dr=`if (a < 0.0) { return uniforms.NAN; }
  return log(a);`,Lr=`
  if (isnan(a)) { return a; }
  return log(1.0 + a);
`,Mr="return f32(!(a >= 1.0));",Nr="return -a;",Ur="if (a < 0.0) { return uniforms.alpha * a; } return a;",Tr=`
  let aLessThanZero = vec4<f32>(a < vec4<f32>(0.0));
  return (aLessThanZero * (uniforms.alpha * a)) + ((vec4<f32>(1.0) - aLessThanZero) * a);
`,zr="return 1.0 / a;",Fr="return select(a, 0.0, a < 0.0);",Or="return clamp(a, 0.0, 6.0);",Wr="return clamp(a, vec4<f32>(0.0, 0.0, 0.0, 0.0), vec4<f32>(6.0, 6.0, 6.0, 6.0));",Gr=`
  return select(a, vec4<f32>(0.0), a < vec4<f32>(0.0));
`,Vr="return round(a);",Hr="return inverseSqrt(a);",qr=`
  if (a >= 0.0) {
    return ${b.SELU_SCALE} * a;
  } else {
    return ${b.SELU_SCALEALPHA} * (exp(a) - 1.0);
  }
`,Qr="return 1.0 / (1.0 + exp(-1.0 * a));",Kr="return sign(a);",Yr="return sin(a);",Xr=`
  let e2x = exp(a);
  return (e2x - 1.0 / e2x) / 2.0;
`,jr=`
  let epsilon = 1.1920928955078125e-7;
  let threshold = log(epsilon) + 2.0;

  let too_large = a > -threshold;
  let too_small = a < threshold;
  let exp_a = exp(a);

  if (too_large) {
    return a;
  } else if (too_small) {
    return exp_a;
  } else {
    return log(exp_a + 1.0);
  }
`,Zr="return sqrt(a);",Jr="return a * a;",eo=`
  if (isnan(a)) {
    return a;
  }

  return select(uniforms.stepAlpha, 1.0, a > 0.0);
`,to="return tan(a);",so=`
  let e2x = exp(-2.0 * abs(a));
  return sign(a) * (1.0 - e2x) / (1.0 + e2x);
`,ro="return f32(i32((a)));";function X(s,t){switch(s){case C.ABS:return dr;case C.ACOS:return mr;case C.ACOSH:return fr;case C.ASIN:return gr;case C.ASINH:return xr;case C.ATAN:return Cr;case C.ATANH:return Sr;case C.COS:return wr;case C.COSH:return $r;case C.CEIL:return br;case C.ELU:return t?vr:yr;case C.ERF:return Ar;case C.EXP:return Pr;case C.EXPM1:return Ir;case C.FLOOR:return Rr;case C.IS_FINITE:return Er;case C.IS_INF:return _r;case C.IS_NAN:return kr;case C.LINEAR:return Br;case C.LOG:return Dr;case C.LOG1P:return Lr;case C.LOGICAL_NOT:return Mr;case C.NEG:return Nr;case C.LEAKYRELU:return t?Tr:Ur;case C.RECIPROCAL:return zr;case C.RELU:return t?Gr:Fr;case C.RELU6:return t?Wr:Or;case C.ROUND:return Vr;case C.RSQRT:return Hr;case C.SELU:return qr;case C.SIGMOID:return Qr;case C.SIGN:return Kr;case C.SIN:return Yr;case C.SINH:return Xr;case C.SOFTPLUS:return jr;case C.SQRT:return Zr;case C.SQUARE:return Jr;case C.STEP:return eo;case C.TAN:return to;case C.TANH:return so;case C.TO_INT:return ro;default:throw new Error(`BinaryType ${s} is not implemented!`)}}var j=class{constructor(t,e,r=""){this.variableNames=["A"],this.size=!0;let o=128;this.workgroupSize=[o,1,1],this.outputShape=t,this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize),this.op=e,r!==""&&(this.uniforms=r),this.shaderKey=`unary_${e}`}getUserCode(){return`
      fn unaryOperation(a : f32) -> f32 {
        ${X(this.op,!1)}
      }
      ${$("index")} {
        if (index < uniforms.size) {
          let a = getAByOutputIndex(index);
          setOutputAtIndex(index, unaryOperation(a));
        }
      }
      `}};function Q({opType:s,cpuKernelImpl:t,supportsComplex:e=!1,dtype:r}){return({inputs:o,backend:i})=>{let{a,b:n}=o,u=i;if(e&&a.dtype==="complex64"){let d=u.tensorMap.get(a.dataId),h=u.tensorMap.get(n.dataId),f,p;if(s!==w.MUL)[f,p]=[[d.complexTensorInfos.real,h.complexTensorInfos.real],[d.complexTensorInfos.imag,h.complexTensorInfos.imag]].map(x=>{let[S,A]=x,v={dataId:S.dataId,dtype:S.dtype,shape:a.shape},_={dataId:A.dataId,dtype:A.dtype,shape:n.shape},P=new pe(s,a.shape,n.shape);return u.runWebGPUProgram(P,[v,_],Ve(S.dtype,A.dtype))});else{let x=new he(w.COMPLEX_MULTIPLY_REAL,a.shape,n.shape),S=new he(w.COMPLEX_MULTIPLY_IMAG,a.shape,n.shape),A=[{dataId:d.complexTensorInfos.real.dataId,dtype:d.complexTensorInfos.real.dtype,shape:a.shape},{dataId:d.complexTensorInfos.imag.dataId,dtype:d.complexTensorInfos.imag.dtype,shape:a.shape},{dataId:h.complexTensorInfos.real.dataId,dtype:h.complexTensorInfos.real.dtype,shape:n.shape},{dataId:h.complexTensorInfos.imag.dataId,dtype:h.complexTensorInfos.imag.dtype,shape:n.shape}];f=u.runWebGPUProgram(x,A,"float32"),p=u.runWebGPUProgram(S,A,"float32")}let g=re({inputs:{real:f,imag:p},backend:u});return u.disposeData(f.dataId),u.disposeData(p.dataId),g}let c=r||Ve(a.dtype,n.dtype);if((a.dtype==="string"||n.dtype==="string"||u.shouldExecuteOnCPU([a,n]))&&t!=null){let d=u.tensorMap.get(a.dataId).values,h=u.tensorMap.get(n.dataId).values,f=a.dtype==="string"?b.fromUint8ToStringArray(d):d,p=a.dtype==="string"?b.fromUint8ToStringArray(h):h,[g,x]=t(a.shape,n.shape,f,p,c);return u.makeTensorInfo(x,c,g)}let l=new pe(s,a.shape,n.shape);return u.runWebGPUProgram(l,[a,n],c)}}var{addImpl:Ut,castImpl:Tt,ceilImpl:xi,concatImpl:zt,equalImpl:Ci,expImpl:Si,expm1Impl:bi,floorImpl:wi,floorDivImpl:$i,gatherNdImpl:Ii,gatherV2Impl:yi,greaterEqualImpl:vi,greaterImpl:Ai,lessEqualImpl:Pi,lessImpl:Ri,logImpl:Ei,maxImpl:Ft,maximumImpl:_i,minimumImpl:ki,multiplyImpl:Ot,negImpl:Bi,notEqualImpl:Wt,prodImpl:Gt,rangeImpl:Di,rsqrtImpl:Li,scatterImpl:Mi,simpleAbsImpl:Ni,sliceImpl:Vt,stridedSliceImpl:Ui,stringNGramsImpl:Ti,subImpl:Ht,tileImpl:zi,topKImpl:Fi,transposeImpl:qt,uniqueImpl:Oi}=Pt;var io=Q({opType:w.ADD,cpuKernelImpl:Ut,supportsComplex:!0}),Qt={kernelName:"Add",backendName:"webgpu",kernelFunc:io};var we=class{constructor(t){this.variableNames=["x"],this.uniforms="strides : vec2<i32>,",this.workgroupSize=[256,1,1],this.size=!0,this.outputShape=t.outShape,this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize),this.shaderKey="poolWithFilterSizeEqualsOne"}getUserCode(){return`
      ${$("index")} {
        if (index < uniforms.size) {
          let coords = getCoordsFromIndex(index);
          let batch = coords[0];
          let d = coords[3];

          let xRCCorner = coords.yz * uniforms.strides;
          let xRCorner = xRCCorner.x;
          let xCCorner = xRCCorner.y;

          let value = getX(batch, xRCorner, xCCorner, d);
          setOutputAtIndex(index, value);
        }
      }
    `}};var de=class{constructor(t,e,r=!1,o=!1,i=!1){if(this.variableNames=["x"],this.uniforms="strides : vec2<i32>, pads : vec2<i32>, dilations : vec2<i32>, convDims : vec2<i32>, filterDims : vec2<i32>,",this.workgroupSize=[128,1,1],this.size=!0,e==="avg"&&r)throw new Error("Cannot compute positions for average pool.");this.outputShape=t.outShape,this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize),this.poolType=e,this.computePositions=r,this.flattenPositions=o,this.includeBatchIndex=i,this.shaderKey=`pool2D_${e}_${r}_${o}_${i}`}getUserCode(){let t;this.poolType==="avg"?t="resultValue = resultValue + value; count = count + 1.0;":this.computePositions?t=`let currMaxValue = mix(value, maxValue, maxValueFound);
      if (value >= currMaxValue) {
        maxValue = value;
        maxValueFound = 1.0;
        maxPosition = ${this.flattenPositions?this.includeBatchIndex?"((batch * uniforms.xShape[1] + xR) * uniforms.xShape[2] + xC) * uniforms.xShape[3] + d":"(xR * uniforms.xShape[2] + xC) * uniforms.xShape[3] + d":"wR * uniforms.filterDims.y + wC"};
      }`:t="resultValue = max(value, resultValue);";let e="resultValue";return this.poolType==="avg"&&(e="resultValue / max(count, 1.0)"),`
      ${$("index")} {
      if (index < uniforms.size) {
        let coords = getCoordsFromIndex(index);
          let batch = coords[0];
          let d = coords[3];
          let xRCCorner = vec2<i32>(coords.yz) * uniforms.strides - uniforms.pads;
          let xRCorner = xRCCorner.x;
          let xCCorner = xRCCorner.y;

          ${this.computePositions?`var maxValue = 0.0;
            var maxValueFound = 0.0;
            var maxPosition = 0;`:`var resultValue = ${this.poolType==="avg"?"0.0":"-1.0 / pow(10.0, -20.0)"};`}

          var count = 0.0;
          for (var wR = 0; wR < uniforms.filterDims.x; wR = wR + uniforms.dilations.x) {
            let xR = xRCorner + wR;

            if (xR < 0 || xR >= uniforms.convDims.x) {
              continue;
            }

            for (var wC = 0; wC < uniforms.filterDims.y; wC = wC + uniforms.dilations.y) {
              let xC = xCCorner + wC;
              if (xC < 0 || xC >= uniforms.convDims.y) {
                continue;
              }

              let value = getX(batch, xR, xC, d);
              ${t}
            }
          }

          ${this.computePositions?"setOutputAtIndexI32(index, maxPosition);":`setOutputAtIndex(index, ${e});`}
        }
      }
    `}};function E(s){let{inputs:t,attrs:e}=s,{x:r}=t,{shape:o}=e,i=m.sizeFromShape(r.shape),a=m.inferFromImplicitShape(o,i),n=m.sizeFromShape(a);return m.assert(i===n,()=>`The new shape (${a}) has ${n} elements and the old shape (${r.shape}) has ${i} elements. The new shape and old shape must have the same number of elements.`),s.backend.incRef(r.dataId),{dataId:r.dataId,shape:a,dtype:r.dtype}}var Kt={kernelName:gt,backendName:"webgpu",kernelFunc:E};var $e=class{constructor(t,e){this.variableNames=["A"],this.workgroupSize=[16,16,1];let r=new Array(t.length);for(let o=0;o<r.length;o++)r[o]=t[e[o]];this.outputShape=r,this.dispatchLayout={x:[0],y:[1]},this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize,[1,1,1]),this.shaderKey="transposeShared"}getUserCode(){m.assert(this.workgroupSize[0]===this.workgroupSize[1],()=>`Must be a square tile, current tile shape is ${this.workgroupSize[0]} x ${this.workgroupSize[1]}`);let t=this.workgroupSize[0];return`
      var<workgroup> tile : array<array<f32, ${this.workgroupSize[0]+1}>, ${this.workgroupSize[0]}>;
      ${$()} {
        var x = i32(workgroupId.x) * ${t} + i32(localId.x);
        var y = i32(workgroupId.y) * ${t} + i32(localId.y);
        let width = uniforms.outShape[0];
        let height = uniforms.outShape[1];
        if (x < width && y < height) {
          tile[localId.y][localId.x] = f32(A[y * width + x]);
        }
        workgroupBarrier();

        x = i32(workgroupId.y) * ${t} + i32(localId.x);
        y = i32(workgroupId.x) * ${t} + i32(localId.y);
        if (x < height && y < width) {
          setOutputAtIndex((y * height + x), tile[localId.x]
            [localId.y]);
        }
      }
    `}};var Ie=class{constructor(t,e){this.variableNames=["A"],this.workPerThread=1,this.workgroupSize=[64,1,1],this.size=!0;let r=new Array(t.length);for(let o=0;o<r.length;o++)r[o]=t[e[o]];this.outputShape=r,this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize,[this.workPerThread,1,1]),this.newDim=e,this.shaderKey=`transpose_${e}`}getUserCode(){let t=N(this.outputShape.length),e=ao(this.newDim);return`
      ${$("index")} {
        for(var i = 0; i < ${this.workPerThread}; i = i + 1) {
          let flatIndex = index * ${this.workPerThread} + i;
          if(flatIndex < uniforms.size) {
            let coords = getCoordsFromIndex(flatIndex);
            setOutputAtIndex(flatIndex, A[getIndexFromCoords${this.outputShape.length}D(
              ${t}(${e}), uniforms.aShape)]);
          }
        }
      }
    `}};function ao(s){let t=s.length;if(t>6)throw Error(`Transpose for rank ${t} is not yet supported`);let e=new Array(t);for(let r=0;r<s.length;r++)e[s[r]]=`coords.${Y(r)}`;return e.join()}function Je(s){let{inputs:t,backend:e,attrs:r}=s,{x:o}=t,{perm:i}=r,a=e,n=o.shape.length,u=new Array(n);for(let l=0;l<u.length;l++)u[l]=o.shape[i[l]];if(e.shouldExecuteOnCPU([o])){let d=a.tensorMap.get(o.dataId).values,h=qt(d,o.shape,o.dtype,i,u);return e.makeTensorInfo(u,o.dtype,h)}if(o.shape.length===2&&m.arraysEqual(i,[1,0])){let l=new $e(o.shape,i);return a.runWebGPUProgram(l,[o],o.dtype)}let c=new Ie(o.shape,i);return a.runWebGPUProgram(c,[o],o.dtype)}var Yt={kernelName:St,backendName:"webgpu",kernelFunc:Je};var ye=class{constructor(t,e,r){this.variableNames=["x"],this.uniforms="reduceSize : i32,",this.size=!0,this.inputShape=[t.batchSize,t.inSize];let[o]=b.computeOutAndReduceShapes(this.inputShape,[1]);this.outputShape=o.length===0?[1]:o,t.inSize>=32768&&r>=512?this.workgroupSize=[512,1,1]:t.inSize>=4096?this.workgroupSize=[256,1,1]:this.workgroupSize=[64,1,1],this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,[1,1,1]),this.reduceType=e,this.shaderKey=`reduce_${e}`}getUserCode(){let t="",e="0.0",r=this.workgroupSize[0];this.reduceType==="min"||this.reduceType==="max"?(t=`
         if (isnan(candidate)) {
          bestValue = uniforms.NAN;
         } else if (!isnan(bestValue) && candidate ${this.reduceType==="min"?"<":">"} bestValue)
           {  bestValue = candidate; }`,e="f32(x[offset])"):this.reduceType==="sum"||this.reduceType==="mean"?t=" bestValue = bestValue + candidate; ":this.reduceType==="prod"?(t=" bestValue = bestValue * candidate; ",e="1.0"):this.reduceType==="all"?(t=" bestValue = f32(bestValue >= 1.0 && candidate >= 1.0); ",e="1.0"):this.reduceType==="any"&&(t=" bestValue = f32(bestValue >= 1.0 || candidate >= 1.0); ",e="0.0");let o=this.reduceType==="mean"?"setOutputAtIndex(outputIndex, bestValue / f32(uniforms.reduceSize));":"setOutputAtIndex(outputIndex, bestValue);";return`
       fn DIV_CEIL(a : u32, b : u32) -> u32 {
        return ((a - 1u) / b + 1u);
       }

       ${`
         var<workgroup> xBestValues : array<f32, ${r}>;
       `}
       fn getOffset(outputIndex : i32) -> i32 {
         let outputCoords = getCoordsFromIndex(outputIndex);
         let offset = ${this.outputShape.length===1?"outputCoords":"outputCoords[0]"} * uniforms.reduceSize;
          return offset;
       }
       ${$("index")} {
         let outputIndex = index / ${r};
         let offset = getOffset(outputIndex);
         var bestValue = ${e};
         let Length = uniforms.reduceSize;
         let WorkPerThread = DIV_CEIL(u32(Length), ${r}u);
         for (var k = i32(localId.x); k < Length && outputIndex < uniforms.size;
             k = k + ${r}) {
           let candidate = f32(x[offset + k]);
           ${t}
         }
         xBestValues[localId.x] = bestValue;
         workgroupBarrier();

         var reduceSize = min(u32(Length), ${r}u);
         for (var currentSize = reduceSize / 2u; reduceSize > 1u;
             currentSize = reduceSize / 2u) {
           let interval = DIV_CEIL(reduceSize, 2u);
           if (localId.x < currentSize) {
            let candidate = xBestValues[localId.x + interval];
            ${t}
            xBestValues[localId.x] = bestValue;
           }
           reduceSize = interval;
           workgroupBarrier();
         }

         if (localId.x == 0u && outputIndex < uniforms.size) {
          ${o}
        }
       }
     `}};var no={mean:"float32",all:"bool",any:"bool"};function oe(s,t,e,r,o){let i=s.shape.length,a=[],n=m.parseAxisParam(t,s.shape),u=n,c=b.getAxesPermutation(u,i),l=s;c!=null&&(l=Je({inputs:{x:s},attrs:{perm:c},backend:o}),u=b.getInnerMostAxes(u.length,i),a.push(l)),b.assertAxesAreInnerMostDims(r,u,i);let[d,h]=b.computeOutAndReduceShapes(l.shape,u),f=d;e&&(f=b.expandShapeToKeepDim(d,n));let p;if((r==="max"||r==="prod")&&o.shouldExecuteOnCPU([l])){let g=o.tensorMap.get(l.dataId).values;switch(r){case"max":let x=Ft(g,m.sizeFromShape(h),f,s.dtype);p=o.makeTensorInfo(f,s.dtype,x);break;case"prod":let{outVals:S,outShape:A,outDtype:v}=Gt(l.shape,l.dtype,g,u);p=o.makeTensorInfo(A,v,S);break;default:throw new Error(`${r} CPU implementation is not yet supported.`)}}else{let g=m.sizeFromShape(h),S=m.sizeFromShape(l.shape)/g,A={windowSize:g,inSize:g,batchSize:S,outSize:1},v=no[r]||It(s.dtype),_=[{type:"int32",data:[g]}],P=new ye(A,r,o.device.limits.maxComputeWorkgroupSizeX),B=o.runWebGPUProgram(P,[l],v,_);a.push(B),p=E({inputs:{x:B},attrs:{shape:f},backend:o})}return a.forEach(g=>o.disposeData(g.dataId)),p}function Xt(s){let{inputs:t,backend:e,attrs:r}=s,{x:o}=t,{reductionIndices:i,keepDims:a}=r;return oe(o,i,a,"max",e)}function jt(s){let{inputs:t,backend:e,attrs:r}=s,{x:o}=t,{keepDims:i,axis:a}=r;return oe(o,a,i,"mean",e)}function Zt(s,t,e,r){if(t.filterWidth===1&&t.filterHeight===1&&m.arraysEqual(t.inShape,t.outShape))return z({inputs:{x:s},backend:r});if(t.filterWidth===t.inWidth&&t.filterHeight===t.inHeight&&t.batchSize===1&&t.padInfo.type==="VALID"){let a=s.shape.length,n=E({inputs:{x:s},backend:r,attrs:{shape:[s.shape[a-3]*s.shape[a-2],s.shape[a-1]]}}),u;e==="avg"?u=jt({inputs:{x:n},backend:r,attrs:{axis:0,keepDims:!1}}):(m.assert(e==="max",()=>`Invalid pool type ${e}`),u=Xt({inputs:{x:n},backend:r,attrs:{reductionIndices:0,keepDims:!1}}));let c=E({inputs:{x:u},backend:r,attrs:{shape:t.outShape}});return r.disposeData(n.dataId),r.disposeData(u.dataId),c}let o,i=[{type:"int32",data:[t.strideHeight,t.strideWidth]}];return t.filterHeight===1&&t.filterWidth===1?o=new we(t):(e==="avg"?o=new de(t,"avg"):(m.assert(e==="max",()=>`Invalid pool type ${e}`),o=new de(t,"max")),i.push({type:"int32",data:[t.padInfo.top,t.padInfo.left]},{type:"int32",data:[t.dilationHeight,t.dilationWidth]},{type:"int32",data:[t.inHeight,t.inWidth]},{type:"int32",data:[t.effectiveFilterHeight,t.effectiveFilterWidth]})),r.runWebGPUProgram(o,[s],s.dtype,i)}function uo(s){let{inputs:t,backend:e,attrs:r}=s,{x:o}=t,{filterSize:i,strides:a,pad:n,dimRoundingMode:u}=r,l=b.computePool2DInfo(o.shape,i,a,1,n,u);return Zt(o,l,"avg",e)}var Jt={kernelName:at,backendName:"webgpu",kernelFunc:uo};var ve=class{constructor(t){this.variableNames=["dy"],this.uniforms=`strides : vec2<i32>, pads : vec2<i32>, dilations : vec2<i32>, filterDims : vec2<i32>,
       outHeight : i32, outWidth : i32, avgMultiplier : f32,`,this.workgroupSize=[64,1,1],this.size=!0,this.outputShape=t.inShape,this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize),this.shaderKey="avgPool2DBackprop"}getUserCode(){return`
      ${$("index")} {
      if (index < uniforms.size) {
        let coords = getCoordsFromIndex(index);
        let batch = coords[0];
        let d = coords[3];

        let dyRCCorner = vec2<i32>(coords.yz) - uniforms.pads;
        let dyRCorner = dyRCCorner.x;
        let dyCCorner = dyRCCorner.y;

        // Convolve dy(?, ?, d) with pos mask(:, :, d) to get dx(xR, xC, d).
        // ? = to be determined. : = across all values in that axis.
        var dotProd = 0.0;
        for (var wR = 0; wR < uniforms.filterDims[0]; wR = wR + uniforms.dilations[0]) {
          let dyR = f32(dyRCorner + wR) / f32(uniforms.strides[0]);

          if (dyR < 0.0 || dyR >= f32(uniforms.outHeight) || fract(dyR) > 0.0) {
            continue;
          }
          let idyR = i32(dyR);

          for (var wC = 0; wC < uniforms.filterDims[1]; wC = wC + uniforms.dilations[1]) {
            let dyC = f32(dyCCorner + wC) / f32(uniforms.strides[1]);

            if (dyC < 0.0 || dyC >= f32(uniforms.outWidth) || fract(dyC) > 0.0) {
              continue;
            }
            let idyC = i32(dyC);

            let dyValue = getDy(batch, idyR, idyC, d);

            dotProd = dotProd + dyValue * uniforms.avgMultiplier;
          }
        }
        setOutputAtIndex(index, dotProd);
      }
    }
    `}};function lo(s){let{inputs:t,backend:e,attrs:r}=s,{dy:o,input:i}=t,a=i;je([o,i],"avgPoolGrad");let{filterSize:n,strides:u,pad:c}=r,l=b.computePool2DInfo(a.shape,n,u,1,c),d=new ve(l),h=1/(l.filterHeight*l.filterWidth),f=[{type:"int32",data:[l.strideHeight,l.strideWidth]},{type:"int32",data:[l.effectiveFilterHeight-1-l.padInfo.top,l.effectiveFilterWidth-1-l.padInfo.left]},{type:"int32",data:[l.dilationHeight,l.dilationWidth]},{type:"int32",data:[l.effectiveFilterHeight,l.effectiveFilterWidth]},{type:"int32",data:[l.outHeight]},{type:"int32",data:[l.outWidth]},{type:"float32",data:[h]}];return e.runWebGPUProgram(d,[o],a.dtype,f)}var es={kernelName:nt,backendName:"webgpu",kernelFunc:lo};function H(s,t=!1,e=!1,r=3){if(s===null)return"";let o="";if(s==="linear")o=X(C.LINEAR);else if(s==="relu")o=X(C.RELU,e);else if(s==="elu")o=X(C.ELU,e);else if(s==="relu6")o=X(C.RELU6,e);else if(s==="prelu")o=te(w.PRELU,e);else if(s==="sigmoid")o=X(C.SIGMOID,e);else if(s==="leakyrelu")o=X(C.LEAKYRELU,e);else throw new Error(`Activation ${s} has not been implemented for the WebGPU backend.`);let a=y(e?4:1),n="";return t?n=`
      fn activation(a : ${a}, coords : vec${r}<i32>) -> ${a} {
        let b = getPreluActivationWeightsByOutputCoords(coords);
        ${o}
      }`:n=`
      fn activation(a : ${a}, coords : vec${r}<i32>) -> ${a} {
        ${o}
      }`,n}function Z(s,t){return`
      ${s?"value = value + getBiasByOutputCoords(coords);":""}
      ${t?"value = activation(value, coords);":""}
      `}function et(s,t,e=!1,r=!1,o=!1,i=1){m.assert(s&&i===1||!s,()=>`transposeA ${s} is not compatible with component size ${i}`);let a=`
      ${s?"value = getA(batch, col, row);":"value = getA(batch, row, col);"}

    `,n=t?"value = getB(batch, col, row);":"value = getB(batch, row, col);";return`
  fn mm_readA(batch: i32, row: i32, col: i32) -> ${y(i)} {
    var value = ${y(i)}(0.0);
    ${e&&o?a:`
    ${s?"if(row < uniforms.dimAOuter && col < uniforms.dimInner)":"if(row < uniforms.aShape[1] && col < uniforms.aShape[2])"}
    {
      ${a}
    }
    `}
    return value;
  }

  fn mm_readB(batch: i32, row: i32, col: i32) -> ${y(i)} {
    var value = ${y(i)}(0.0);
    ${n}
    return value;
  }
  `}function me(s,t,e,r,o=!1,i=!1,a=!1,n=1){return`
  ${et(e,r,o,i,a,n)}
  fn mm_write(batch: i32, row: i32, col: i32, valueIn: ${y(n)}) {
    ${o&&i?"":"if (row < uniforms.dimAOuter && col < uniforms.dimBOuter)"}
    {
      var value = valueIn;
      let coords = vec3<i32>(batch, row, col);
      ${Z(s,t)}
      setOutputAtCoords(coords[0], coords[1], coords[2], value);
    }
  }
  `}var co=(s,t)=>s?`
        mm_Asub[inputRow][inputCol] = mm_readA(batchA,
          kStart + inputRow,
          globalRowStart + inputCol * ${t});
        `:`
        mm_Asub[inputRow][inputCol] = mm_readA(batchA,
          globalRow + innerRow,
          kStart + inputCol * ${t});
        `,ho=(s,t,e,r)=>{if(s)return`
      for (var k = 0; k < ${r}; k++) {
        let BCached0 = mm_Bsub[k][tileCol];
        let ACached0 = mm_Asub[k][localRow];
        for (var i = 0; i < ${e}; i++) {
          acc[i] = fma(BCached0, vec4<f32>(ACached0[i]), acc[i]);
        }
      }`;{let o="",i="";for(let a=0;a<t;a++)o+=`let BCached${a} = mm_Bsub[k * ${t} + ${a}][tileCol];`,i+=`acc[i] = fma(BCached${a}, vec4<f32>(ACached[${a}]), acc[i]);`;return`
      for (var k = 0; k < ${r/t}; k++) {
        ${o}
        for (var i = 0; i < ${e}; i++) {
          let ACached = mm_Asub[tileRow + i][k];
          ${i}
        }
      }`}};function fe(s,t,e=!1,r=32,o=!1,i=32,a=!1){let n=t[1]*s[1],u=t[0]*s[0],c=e?n:r,l=e?r:n,d=c/t[0],h=r/t[1],f=s[1],p=s[0];return m.assert((e&&d===4&&s[1]===4||!e&&(d===3||d===4))&&c%t[0]===0&&r%t[1]===0&&s[0]===4,()=>`If transposeA ${e} is true, innerElementSize ${d} and workPerThread[1] ${s[1]} must be 4.
          Otherwise, innerElementSize ${d} must be 3 or 4.
      tileAWidth ${c} must be divisible by workgroupSize[0]${t[0]}. tileInner ${r} must be divisible by workgroupSize[1] ${t[1]}. colPerThread ${s[0]} must be 4.`),`
  var<workgroup> mm_Asub : array<array<vec${d}<f32>, ${c/d}>, ${l}>;
  var<workgroup> mm_Bsub : array<array<vec4<f32>, ${u/s[0]}>, ${r}>;

  ${$()} {
    let localRow = i32(localId.y);
    let tileRow = localRow * ${f};
    let tileCol = i32(localId.x);

    let globalRow = i32(globalId.y) * ${f};
    let globalCol = i32(globalId.x) * ${p};
    let batch = ${o?"0":"i32(globalId.z)"};
    let batchA = ${o||!a?"batch":"batch % uniforms.aShape[0]"};
    let batchB = ${o||!a?"batch":"batch % uniforms.bShape[0]"};
    let globalRowStart = i32(workgroupId.y) * ${n};

    let numTiles = ${o?`${Math.ceil(i/r)}`:`(uniforms.dimInner - 1) / ${r} + 1`};
    var kStart = ${o?`i32(globalId.z) * ${i}`:"0"};

    var acc: array<vec4<f32>, ${f}>;

    // Loop over shared dimension.
    let tileRowB = localRow * ${h};
    for (var t = 0; t < numTiles; t++) {
        // Load one tile of A into local memory.
        for (var innerRow = 0; innerRow < ${f}; innerRow++) {
            let inputRow = tileRow + innerRow;
            let inputCol = tileCol;
            ${co(e,d)}
        }

        // Load one tile of B into local memory.
        for (var innerRow = 0; innerRow < ${h}; innerRow++) {
            let inputRow = tileRowB + innerRow;
            let inputCol = tileCol;
            mm_Bsub[inputRow][inputCol] = mm_readB(batchB, kStart + inputRow, globalCol);
        }
        kStart = kStart + ${r};
        workgroupBarrier();

        // Compute acc values for a single thread.
        ${ho(e,d,f,r)}
        workgroupBarrier();
    }

    for (var innerRow = 0; innerRow < ${f}; innerRow++) {
        mm_write(batch, globalRow + innerRow, globalCol, acc[innerRow]);
    }
  }`}var ts=s=>s?`
        mm_Asub[inputRow][inputCol] = mm_readA(batchA,
          kStart + inputRow,
          globalRowStart + inputCol);
        `:`
        mm_Asub[inputRow][inputCol] = mm_readA(batchA,
          globalRowStart + inputRow,
          kStart + inputCol);
        `,po=s=>s?"let ACached = mm_Asub[k][tileRow + innerRow];":"let ACached = mm_Asub[tileRow + innerRow][k];";function ge(s,t,e=!1,r=32,o=!1,i=32,a=!1,n=!1){let u=s[1]*t[1],c=s[0]*t[0],l=e?u:r,d=e?r:u;m.assert(d%t[1]===0&&l%t[0]===0&&r%t[1]===0,()=>`tileAHight ${d} must be divisible by workgroupSize[1]${t[1]}, tileAWidth ${l} must be divisible by workgroupSize[0]${t[0]}, tileInner ${r} must be divisible by workgroupSize[1]${t[1]}`);let h=d/t[1],f=l/t[0],p=r/t[1],g=s[1],x=s[0],S=a?`
      let localRow = i32(localId.y);
      let localCol = i32(localId.x);
      let globalRowStart = i32(workgroupId.y) * ${u};
      let globalColStart = i32(workgroupId.x) * ${c};

      // Loop over shared dimension.
      for (var t = 0; t < numTiles; t++) {
        // Load one tile of A into local memory.
        for (var inputRow = localRow; inputRow < ${d}; inputRow = inputRow + ${t[1]}) {
          for (var inputCol = localCol; inputCol < ${l}; inputCol = inputCol + ${t[0]}) {
            ${ts(e)}
          }
        }
        // Load one tile of B into local memory.
        for (var inputRow = localRow; inputRow < ${r}; inputRow = inputRow + ${t[1]}) {
              for (var inputCol = localCol; inputCol < ${c}; inputCol = inputCol + ${t[0]}) {
            mm_Bsub[inputRow][inputCol] = mm_readB(batchB,
              kStart + inputRow,
              globalColStart + inputCol);
          }
        }
        kStart = kStart + ${r};
        workgroupBarrier();

        // Compute acc values for a single thread.
        var BCached : array<f32, ${x}>;
        for (var k = 0; k < ${r}; k++) {
          for (var inner = 0; inner < ${x}; inner++) {
            BCached[inner] = mm_Bsub[k][localCol + inner * ${t[0]}];
          }
          for (var innerRow = 0; innerRow < ${g}; innerRow++) {
            let ACached = ${e?`mm_Asub[k][localRow + innerRow * ${t[1]}];`:`mm_Asub[localRow + innerRow * ${t[1]}][k];`}
            for (var innerCol = 0; innerCol < ${x}; innerCol++) {
              acc[innerRow][innerCol] =
                  fma(ACached, BCached[innerCol], acc[innerRow][innerCol]);
            }
          }
        }
        workgroupBarrier();
      }
      for (var innerRow = 0; innerRow < ${g}; innerRow++) {
        let gRow = globalRowStart + localRow + innerRow * ${t[1]};
        for (var innerCol = 0; innerCol < ${x}; innerCol++) {
          let gCol = globalColStart + localCol + innerCol * ${t[0]};
          mm_write(batch, gRow, gCol, acc[innerRow][innerCol]);
        }
      }
      `:`
  let tileRow = i32(localId.y) * ${g};
  let tileCol = i32(localId.x) * ${x};

  let globalRow = i32(globalId.y) * ${g};
  let globalCol = i32(globalId.x) * ${x};
  let globalRowStart = i32(workgroupId.y) * ${u};

  let tileRowA = i32(localId.y) * ${h};
  let tileColA = i32(localId.x) * ${f};
  let tileRowB = i32(localId.y) * ${p};
  // Loop over shared dimension.
  for (var t = 0; t < numTiles; t++) {
    // Load one tile of A into local memory.
    for (var innerRow = 0; innerRow < ${h}; innerRow++) {
      for (var innerCol = 0; innerCol < ${f}; innerCol++) {
        let inputRow = tileRowA + innerRow;
        let inputCol = tileColA + innerCol;
        ${ts(e)}
      }
    }

    // Load one tile of B into local memory.
    for (var innerRow = 0; innerRow < ${p}; innerRow++) {
      for (var innerCol = 0; innerCol < ${x}; innerCol++) {
        let inputRow = tileRowB + innerRow;
        let inputCol = tileCol + innerCol;
        mm_Bsub[inputRow][inputCol] = mm_readB(batchB,
          kStart + inputRow,
          globalCol + innerCol);
      }
    }
    kStart = kStart + ${r};
    workgroupBarrier();

    // Compute acc values for a single thread.
    var BCached : array<f32, ${x}>;
    for (var k = 0; k < ${r}; k++) {
      for (var inner = 0; inner < ${x}; inner++) {
        BCached[inner] = mm_Bsub[k][tileCol + inner];
      }

      for (var innerRow = 0; innerRow < ${g}; innerRow++) {
        ${po(e)}
        for (var innerCol = 0; innerCol < ${x}; innerCol++) {
          acc[innerRow][innerCol] =
              fma(ACached, BCached[innerCol], acc[innerRow][innerCol]);
        }
      }
    }

    workgroupBarrier();
  }

  for (var innerRow = 0; innerRow < ${g}; innerRow++) {
    for (var innerCol = 0; innerCol < ${x}; innerCol++) {
      mm_write(batch, globalRow + innerRow, globalCol + innerCol,
          acc[innerRow][innerCol]);
    }
  }
  `;return`
    var<workgroup> mm_Asub : array<array<f32, ${l}>, ${d}>;
    var<workgroup> mm_Bsub : array<array<f32, ${c}>, ${r}>;

    ${$()} {
      let batch = ${o?"0":"i32(globalId.z)"};
      let batchA = ${o||!n?"batch":"batch % uniforms.aShape[0]"};
      let batchB = ${o||!n?"batch":"batch % uniforms.bShape[0]"};
      let numTiles = ${o?`${Math.ceil(i/r)}`:`(uniforms.dimInner - 1) / ${r} + 1`};
      var kStart = ${o?`i32(globalId.z) * ${i}`:"0"};

      var acc : array<array<f32, ${x}>, ${g}>;

      // Without this initialization strange values show up in acc.
      for (var innerRow = 0; innerRow < ${g}; innerRow++) {
        for (var innerCol = 0; innerCol < ${x}; innerCol++) {
          acc[innerRow][innerCol] = 0.0;
        }
      }
      ${S}
    }
  `}var mo=s=>s?`
      mm_readA(batchA, colA, globalRow),
      mm_readA(batchA, colA + 1, globalRow),
      mm_readA(batchA, colA + 2, globalRow),
      mm_readA(batchA, colA + 3, globalRow)
  `:`
      mm_readA(batchA, globalRow, colA),
      mm_readA(batchA, globalRow, colA + 1),
      mm_readA(batchA, globalRow, colA + 2),
      mm_readA(batchA, globalRow, colA + 3)
  `;function fo(s,t=!1){m.assert(s[1]===1&&s[2]===1,()=>`A linear work group size is required. But got ${s}.`);let e=s[0]*4;return`
    var<workgroup> mm_Asub : array<vec4<f32>, ${s[0]}>;

    ${$()} {
      let tileCol = i32(localId.x);
      let globalCol = i32(globalId.x);
      let globalRow = i32(globalId.y);

      let numTiles = (uniforms.dimInner - 1) / ${e} + 1;
      let batch = i32(globalId.z);
      let batchA = batch % uniforms.aShape[0];
      let batchB = batch % uniforms.bShape[0];
      // Without this initialization strange values show up in acc.
      var acc = 0.0;

      // Loop over shared dimension.
      for (var t = 0; t < numTiles; t++) {
        // Load one tile of A into local memory.
        let colA = t * ${e} + tileCol * 4;
        mm_Asub[tileCol] = vec4<f32>(${mo(t)});
        workgroupBarrier();

        // Compute acc values for a single thread.
        for (var k = 0; k < ${e/4}; k++) {
          let rowB = t * ${e} + k * 4;
          let BCached = vec4<f32>(mm_readB(batchB, rowB, globalCol),
                              mm_readB(batchB, rowB + 1, globalCol),
                              mm_readB(batchB, rowB + 2, globalCol),
                              mm_readB(batchB, rowB + 3, globalCol));

          let ACached = mm_Asub[k];
          acc = acc + dot(ACached, BCached);
        }

        workgroupBarrier();
      }

      mm_write(batch, globalRow, globalCol, acc);
    }
  `}var Ae=class{constructor(t,e,r=!1,o=!1,i=null,a=null,n=null,u=!1){this.variableNames=["A","B"],this.uniforms="dimAOuter : i32, dimBOuter : i32, dimInner : i32,",this.outputShape=e,this.dispatchLayout={x:[2],y:[1],z:[0]};let c=r?t[1]:t[2];if(this.isVec4=(c%4===0&&!r||e[1]%4===0&&r)&&e[2]%4===0&&!o,this.outputComponent=this.isVec4?4:1,this.isVectorA=e[1]===1&&!r,!this.isVec4&&this.isVectorA)this.elementsPerThread=[1,1,1],this.workgroupSize=[32,1,1];else{let h=Ke(e[1],c,e[2],r);this.workgroupSize=h.workgroupSize,this.elementsPerThread=h.elementsPerThread}this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize,this.elementsPerThread);let l=i!=null,d=n!=null;l&&this.variableNames.push("bias"),d&&this.variableNames.push("preluActivationWeights"),this.sequentialAccessByThreads=u,this.transposeA=r,this.transposeB=o,this.addBias=l,this.activation=a,this.hasPreluActivationWeights=d,[this.fitAOuter,this.fitBOuter,this.fitInner]=this.getShapeFit(e[1],e[2],c),this.shaderKey=`matMulPacked_${this.elementsPerThread}_${r}_${o}_${this.activation}_${this.fitAOuter}_${this.fitBOuter}_${this.fitInner}_${this.isVec4}_${this.isVectorA}_${this.sequentialAccessByThreads}`}getShapeFit(t,e,r){let o=this.workgroupSize[1]*this.elementsPerThread[1],i=this.workgroupSize[0]*this.elementsPerThread[0];!this.isVec4&&this.isVectorA?this.tileInner=this.workgroupSize[0]*4:this.tileInner=i;let a=t%o===0,n=e%i===0,u=r%this.tileInner===0;return[a,n,u]}getUserCode(){return`
      ${H(this.activation,this.hasPreluActivationWeights,this.isVec4)}
      ${me(this.addBias,this.activation,!1,this.transposeB,this.fitAOuter,this.fitBOuter,this.fitInner,this.isVec4?4:1)}
      ${this.isVec4?fe(this.elementsPerThread,this.workgroupSize,this.transposeA,this.tileInner,!1,null,!0):this.isVectorA?fo(this.workgroupSize,this.transposeA):ge(this.elementsPerThread,this.workgroupSize,this.transposeA,this.tileInner,!1,null,this.sequentialAccessByThreads,!0)}
    `}};function go(s){return`
    var<workgroup> sumValues : array<f32, ${s}>;
    ${$()} {
      let coords = getOutputCoords();
      let batch = coords[0];
      let batchA = batch % uniforms.aShape[0];
      let batchB = batch % uniforms.bShape[0];
      let row = coords[1];
      let col = coords[2];
      var sum = 0.0;
      let Length = uniforms.dimInner;
      for (var k = i32(localId.x); k < Length; k = k + ${s}) {
        let dataA = mm_readA(batchA, row, k);
        let dataB = mm_readB(batchB, k, col);
        sum = sum + dataA * dataB;
      }
      sumValues[localId.x] = sum;
      workgroupBarrier();

      for(var currentSize = ${s/2}u; currentSize > 1u;
          currentSize = currentSize / 2u) {
        if (localId.x < currentSize)
        {
          sumValues[localId.x] = sumValues[localId.x] + sumValues[localId.x + currentSize];
        }
        workgroupBarrier();
      }

      if (localId.x == 0u) {
        sum = sumValues[0] + sumValues[1];
        mm_write(batch, row, col, sum);
      }
    }
  `}var Pe=class{constructor(t,e=!1,r=!1,o=null,i=null,a=null){this.variableNames=["A","B"],this.uniforms="dimAOuter : i32, dimBOuter : i32, dimInner : i32,",this.workgroupSize=[256,1,1],this.outputShape=t,this.dispatchLayout={x:[],y:[1,2],z:[0]},this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize);let n=o!=null,u=a!=null;n&&this.variableNames.push("bias"),u&&this.variableNames.push("preluActivationWeights"),this.transposeA=e,this.transposeB=r,this.addBias=n,this.activation=i,this.hasPreluActivationWeights=u,this.shaderKey=`matMulReduce_${this.activation}_${e}_${r}`}getUserCode(){return`
      ${H(this.activation,this.hasPreluActivationWeights)}
      ${me(this.addBias,this.activation,this.transposeA,this.transposeB)}
      ${go(this.workgroupSize[0])}
    `}};function xo(s){let t=s[1],e=s[0],r=t>e?t:e;return`
  var<workgroup> mm_Asub : array<array<f32, ${r}>, ${t}>;
  var<workgroup> mm_Bsub : array<array<f32, ${e}>, ${r}>;

  // If the output size is small for matrix multiplication, avoid to use vec4
  // and handle some elements per thread to optimally utilize the ALU.
  // Read data from global memory to registers firstly, then store them into
  // shared memory, so it is instruction-Level parallelism for arithmetic
  // operations and others handle IO operations between barrier api, makes ALU
  // and load/store units work simultaneously, could improves the performance.
  ${$()} {
    let tileRow = i32(localId.y);
    let tileCol = i32(localId.x);
    let globalRow = i32(globalId.y);
    let globalCol = i32(globalId.x);
    let batch = i32(globalId.z);
    let batchA = batch % uniforms.aShape[0];
    let batchB = batch % uniforms.bShape[0];

    // uniforms.dimInner should be greater than 0.
    let numTiles = (uniforms.dimInner - 1) / ${r} + 1;
    var acc = 0.0;

    var globalColA = tileCol;
    var globalRowB = 0;
    var regA = mm_readA(batchA, globalRow, globalColA);
    var regB0 = mm_readB(batchB, globalRowB + 2 * tileRow, globalCol);
    var regB1 = mm_readB(batchB, globalRowB + 2 * tileRow + 1, globalCol);
    globalColA = globalColA + ${r};
    globalRowB = globalRowB + ${r};

    for (var t = 0; t < numTiles; t = t + 1) {
      mm_Asub[tileRow][tileCol] = regA;
      mm_Bsub[2 * tileRow][tileCol] = regB0;
      mm_Bsub[2 * tileRow + 1][tileCol] = regB1;

      workgroupBarrier();

      regA = mm_readA(batchA, globalRow, globalColA);
      regB0 = mm_readB(batchB, globalRowB + 2 * tileRow, globalCol);
      regB1 = mm_readB(batchB, globalRowB + 2 * tileRow + 1, globalCol);
      globalColA = globalColA + ${r};
      globalRowB = globalRowB + ${r};

      for (var k = 0; k < ${r}; k = k + 1) {
        acc = acc + mm_Asub[tileRow][k] * mm_Bsub[k][tileCol];
      }
      workgroupBarrier();
    }

    mm_write(batch, globalRow, globalCol, acc);
  }
  `}var Re=class{constructor(t,e,r,o=!1,i=!1,a=null,n=null,u=null){this.variableNames=["A","B"],this.uniforms="dimAOuter : i32, dimBOuter : i32, dimInner : i32,",this.workgroupSize=[16,8,1],this.outputShape=r,this.dispatchLayout={x:[2],y:[1],z:[0]},this.dispatch=[Math.ceil(r[2]/this.workgroupSize[0]),Math.ceil(r[1]/this.workgroupSize[1]),r[0]];let c=a!=null;c&&this.variableNames.push("bias");let l=u!=null;l&&this.variableNames.push("preluActivationWeights"),this.transposeA=o,this.transposeB=i,this.addBias=c,this.activation=n,this.hasPreluActivationWeights=l,this.shaderKey=`matMulSmallOutputSize_${this.activation}_${o}_${i}`}getUserCode(){return`
      ${H(this.activation,this.hasPreluActivationWeights)}
      ${me(this.addBias,this.activation,this.transposeA,this.transposeB)}
      ${xo(this.workgroupSize)}
    `}};var Ee=class{constructor(t,e,r=!1,o=!1){this.variableNames=["A","B"],this.uniforms="dimAOuter : i32, dimBOuter : i32, dimInner : i32,",this.workgroupSize=[8,8,1],this.atomic=!0,this.splitedDimInner=128,m.assert(t[0]===1,()=>"MatMulSplitKProgram only supports batch = 1."),this.outputShape=t,this.dispatchLayout={x:[2],y:[1],z:[0,3]};let i=(r&&this.outputShape[1]%4===0||!r&&e%4===0)&&this.outputShape[2]%4===0;this.elementsPerThread=[4,4,this.splitedDimInner],this.outputComponent=i?4:1,i||(this.outputShape[1]<16&&(this.elementsPerThread[1]=1),this.outputShape[2]<16&&(this.elementsPerThread[0]=1)),this.dispatch=I(this.dispatchLayout,[this.outputShape[0],this.outputShape[1],this.outputShape[2],e],this.workgroupSize,this.elementsPerThread),this.transposeA=r,this.transposeB=o,this.shaderKey=`matMulSplitK_${r}_${o}_${this.elementsPerThread}_${this.outputComponent}`}getUserCode(){let t=this.outputComponent;return`
      ${et(!1,this.transposeB,!1,!1,!1,t)}
      fn mm_write(batch: i32, row : i32, col : i32, value : ${y(t)}) {
        if (row < uniforms.dimAOuter && col < uniforms.dimBOuter) {
          let coords = vec3<i32>(batch, row, col);
          let flatIndex = getOutputIndexFromCoords(coords);
          // The problem is that we should initialize output to zero before using.
          // Otherwise, the original value will be added to the result.
          for (var i = 0; i < ${t}; i = i + 1) {
            ${Et("&result[flatIndex + i]",`${t>1?"value[i]":"value"}`,"float32")}
          }
        }
      }
      ${t===4?fe(this.elementsPerThread,this.workgroupSize,this.transposeA,32,!0,this.splitedDimInner):ge(this.elementsPerThread,this.workgroupSize,this.transposeA,32,!0,this.splitedDimInner)}
    `}},_e=class{constructor(t,e=null,r=null,o=null){this.uniforms="",this.variableNames=["x"],this.workgroupSize=[64,1,1],this.size=!0,this.outputShape=t,this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize),this.addBias=e!=null,this.hasPreluActivationWeights=o!=null,this.activation=r,this.addBias&&this.variableNames.push("bias"),this.hasPreluActivationWeights&&this.variableNames.push("preluActivationWeights"),this.shaderKey=`biasActivation_${r}`}getUserCode(){return`
    ${H(this.activation,this.hasPreluActivationWeights)}
    ${$("index")} {
      if (index < uniforms.size) {
        let coords = getCoordsFromIndex(index);
        var value = getXByOutputIndex(index);
        ${Z(this.addBias,this.activation)}
        setOutputAtIndex(index, value);
      }
    }
    `}};var ke=class{constructor(t){this.variableNames=[],this.outputShape=[],this.uniforms="value : f32,",this.workgroupSize=[64,1,1],this.size=!0,this.outputShape=t,this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize),this.shaderKey="fill"}getUserCode(){return`
    ${$("index")} {
      if (index < uniforms.size) {
        setOutputAtIndex(index, uniforms.value);
      }
    }
  `}};function ss(s){let{backend:t,attrs:e}=s,{shape:r,value:o}=e,{dtype:i}=e;if(i=i||m.inferDtype(o),i==="string"){let a=m.getArrayFromDType(i,m.sizeFromShape(r));return a.fill(o),t.makeTensorInfo(r,i,a)}else{let a=new ke(r),n=[{type:"float32",data:[o]}];return t.runWebGPUProgram(a,[],i,n)}}function xe({a:s,b:t,transposeA:e,transposeB:r,backend:o,bias:i=null,preluActivationWeights:a=null,leakyreluAlpha:n=0,activation:u=null}){let c=s.shape.length,l=t.shape.length,d=e?s.shape[c-2]:s.shape[c-1],h=r?t.shape[l-1]:t.shape[l-2],f=e?s.shape[c-1]:s.shape[c-2],p=r?t.shape[l-2]:t.shape[l-1],g=s.shape.slice(0,-2),x=t.shape.slice(0,-2),S=m.sizeFromShape(g),A=m.sizeFromShape(x),_=vt.assertAndGetBroadcastShape(s.shape.slice(0,-2),t.shape.slice(0,-2)).concat([f,p]);m.assert(d===h,()=>`Error in matMul: inner shapes (${d}) and (${h}) of Tensors with shapes ${s.shape} and ${t.shape} and transposeA=${e} and transposeB=${r} must match.`);let P=e?[S,d,f]:[S,f,d],B=r?[A,p,h]:[A,h,p],F=E({inputs:{x:s},backend:o,attrs:{shape:P}}),T=E({inputs:{x:t},backend:o,attrs:{shape:B}}),k=[F,T],O=Math.max(S,A),G=[F,T],K=[{type:"int32",data:[f]},{type:"int32",data:[p]},{type:"int32",data:[d]}],q,L,M=[O,f,p],U=D().get("WEBGPU_MATMUL_PROGRAM_TYPE");if(U<0){let ee=D().getNumber("WEBGPU_THRESHOLD_TO_INCREASE_WORKGROUPS_FOR_MATMUL"),ne=ee>0?ee:o.thresholdToIncreaseWorkgroups,ue=O*Math.ceil(f/32)*Math.ceil(p/32);ue<=ne||f<=8&&ue<=ne*2?O*f*p<=128?U=V.MatMulReduceProgram:O===1&&h>=2e3?U=V.MatMulSplitKProgram:U=V.MatMulSmallOutputSizeProgram:U=V.MatMulPackedProgram}switch(U){case V.MatMulReduceProgram:q=new Pe(M,e,r,i,u,a);break;case V.MatMulSplitKProgram:{if(L=ss({backend:o,attrs:{shape:M,value:0,dtype:s.dtype}}),q=new Ee(M,h,e,r),i||u){L=o.runWebGPUProgram(q,G,s.dtype,K,L);let ne=new _e(L.shape,i,u,a),ue=null,Ce=[L];i&&Ce.push(i),a&&Ce.push(a),u==="leakyrelu"&&(ue=[{type:"float32",data:[n]}],ne.uniforms+=" alpha : f32,");let rt=o.runWebGPUProgram(ne,Ce,L.dtype,ue);k.push(L);let Is=E({inputs:{x:rt},backend:o,attrs:{shape:_}});k.push(rt);for(let ys of k)o.disposeData(ys.dataId);return Is}break}case V.MatMulSmallOutputSizeProgram:q=new Re(P,B,M,e,r,i,u,a);break;case V.MatMulPackedProgram:let ee=o.adapterInfo.isIntel();q=new Ae(P,M,e,r,i,u,a,ee);break;default:throw new Error(`Unsupported MatMulProgramType ${U}.`)}i&&G.push(i),a&&G.push(a),u==="leakyrelu"&&(K.push({type:"float32",data:[n]}),q.uniforms+=" alpha : f32,"),L=o.runWebGPUProgram(q,G,s.dtype,K,L);let $s=E({inputs:{x:L},backend:o,attrs:{shape:_}});k.push(L);for(let ee of k)o.disposeData(ee.dataId);return $s}function Co(s){let{inputs:t,backend:e,attrs:r}=s,{a:o,b:i}=t,{transposeA:a,transposeB:n}=r;return xe({a:o,b:i,transposeA:a,transposeB:n,backend:e})}var rs={kernelName:ut,backendName:"webgpu",kernelFunc:Co};var os=Q({opType:w.NOT_EQUAL,dtype:"bool",cpuKernelImpl:Wt});function Be(s){let{inputs:t,backend:e}=s,{input:r}=t,o=e.tensorMap.get(r.dataId);return z({inputs:{x:o.complexTensorInfos.real},backend:e})}function is(s,t){let e=new j(s.shape,C.TO_INT),r=t.runWebGPUProgram(e,[s],"int32");return{dataId:r.dataId,shape:r.shape,dtype:r.dtype}}function tt(s){let{inputs:t,backend:e,attrs:r}=s,{x:o}=t,{dtype:i}=r;if(i==="complex64"){if(o.dtype==="complex64")return z({inputs:{x:o},backend:e});let a=At(o.shape),n=tt({inputs:{x:o},backend:e,attrs:{dtype:"float32"}}),u=re({inputs:{real:n,imag:a},backend:e});return a.dispose(),e.disposeData(n.dataId),u}if(o.dtype==="complex64"){let a=Be({inputs:{input:o},backend:e}),n=tt({inputs:{x:a},backend:e,attrs:{dtype:i}});return e.disposeData(a.dataId),n}if(!m.hasEncodingLoss(o.dtype,i)){let a=z({inputs:{x:o},backend:e});return{dataId:a.dataId,shape:a.shape,dtype:i}}if(e.shouldExecuteOnCPU([o])){let a=e.tensorMap.get(o.dataId).values,[n,u,c]=Tt(a,o.shape,o.dtype,i);return e.makeTensorInfo(n,u,c)}if(i==="int32")return is(o,e);if(i==="bool"){let a=e.makeTensorInfo([],"bool",m.getTypedArrayFromDType("bool",1)),u=os({inputs:{a:o,b:a},backend:e});return e.disposeData(a.dataId),u}throw new Error(`Error in Cast: failed to cast ${o.dtype} to ${i}`)}var as={kernelName:lt,backendName:"webgpu",kernelFunc:tt};var De=class{constructor(t){this.uniforms="",this.workPerThread=1,this.workgroupSize=[64,1,1],this.size=!0,this.outputShape=b.computeOutShape(t,1),this.variableNames=t.map((e,r)=>`T${r}`),this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize,[this.workPerThread,1,1]),this.offsetLength=t.length-1;for(let e=0;e<this.offsetLength;e++)this.uniforms+=`offset${e} : i32,`;this.shaderKey="concat"}getUserCode(){let t=[];if(this.offsetLength>0){t.push("if (yC < uniforms.offset0){ setOutputAtCoords(coords.x, coords.y, getT0(yR, yC)); }");for(let i=1;i<this.offsetLength;i++)t.push(`else if (yC < uniforms.offset${[i]}){ setOutputAtCoords(coords.x, coords.y, getT${i}(yR, yC - uniforms.offset${i-1})); }`);let r=this.offsetLength,o=this.offsetLength-1;t.push(`else { setOutputAtCoords(coords.x, coords.y, getT${r}(yR, yC - uniforms.offset${o})); }`)}else t.push("setOutputAtCoords(coords.x, coords.y, getT0(yR, yC));");return`
      ${$("index")} {
        for(var i = 0; i < ${this.workPerThread}; i = i + 1) {
          let flatIndex = index * ${this.workPerThread} + i;
          if(flatIndex < uniforms.size) {
            let coords = getCoordsFromIndex(flatIndex);
            let yR = coords.x;
            let yC = coords.y;

            ${t.join(`
        `)}
          }
        }
      }
    `}};function ns(s){let{inputs:t,backend:e}=s,{input:r}=t,o=e.tensorMap.get(r.dataId);return z({inputs:{x:o.complexTensorInfos.imag},backend:e})}function ie(s,t,e){let r=s[0].dtype;if(r==="complex64"){let p=s.map(v=>Be({inputs:{input:v},backend:e})),g=s.map(v=>ns({inputs:{input:v},backend:e})),x=ie(p,t,e),S=ie(g,t,e),A=re({inputs:{real:x,imag:S},backend:e});return p.forEach(v=>e.disposeData(v.dataId)),g.forEach(v=>e.disposeData(v.dataId)),e.disposeData(x.dataId),e.disposeData(S.dataId),A}let o=e.shouldExecuteOnCPU(s);if(r==="string"&&(o=!0),o){let p=s.map(P=>{let F=[-1,m.sizeFromShape(P.shape.slice(t))];return E({inputs:{x:P},backend:e,attrs:{shape:F}})}),g=p.map(P=>({vals:e.readSync(P.dataId),shape:P.shape})),x=b.computeOutShape(p.map(P=>P.shape),1),S=p[0].shape[0]===1,A=zt(g,x,r,S),v=b.computeOutShape(s.map(P=>P.shape),t),_=e.makeTensorInfo(v,r,A);return p.forEach(P=>e.disposeData(P.dataId)),_}let i=e.device.limits.maxStorageBuffersPerShaderStage-1;if(s.length>i){let p=[];for(let x=0;x<s.length;x+=i){let S=s.slice(x,x+i);p.push(ie(S,t,e))}let g=ie(p,t,e);for(let x of p)e.disposeData(x.dataId);return g}let{tensors2D:a,outShape:n}=So(s,t,e),u=a.map(p=>p.shape),c=new De(u),l=[],d=new Array(u.length-1);if(d.length>0){d[0]=u[0][1],l.push({type:"int32",data:[d[0]]});for(let p=1;p<d.length;p++)d[p]=d[p-1]+u[p][1],l.push({type:"int32",data:[d[p]]})}let h=e.runWebGPUProgram(c,a,a[0].dtype,l);a.forEach(p=>e.disposeData(p.dataId));let f=E({inputs:{x:h},backend:e,attrs:{shape:n}});return e.disposeData(h.dataId),f}function So(s,t,e){let r=b.computeOutShape(s.map(i=>i.shape),t);return{tensors2D:s.map(i=>E({inputs:{x:i},backend:e,attrs:{shape:[m.sizeFromShape(i.shape.slice(0,t)),m.sizeFromShape(i.shape.slice(t))]}})),outShape:r}}function bo(s){let{inputs:t,backend:e,attrs:r}=s,{axis:o}=r,i=m.parseAxisParam(o,t[0].shape)[0],a=t.map(c=>c.shape);b.assertParamsConsistent(a,i);let n=b.computeOutShape(t.map(c=>c.shape),i);if(m.sizeFromShape(n)===0)return e.makeTensorInfo(n,t[0].dtype,[]);let u=t.filter(c=>m.sizeFromShape(c.shape)>0);return u.length===1?z({inputs:{x:u[0]},backend:e}):ie(u,i,e)}var us={kernelName:ct,backendName:"webgpu",kernelFunc:bo};function wo(s,t,e,r,o=!1,i=null,a=!1,n=4,u=4,c=4){let l=k=>{switch(k){case 1:return"resData = f32(x[xIndex]);";case 3:return"resData = vec3<f32>(x[xIndex], x[xIndex + 1], x[xIndex + 2]);";case 4:return"resData = vec4<f32>(x[xIndex / 4]);";default:throw new Error(`innerElementSize ${k} is not supported.`)}},d=k=>{switch(k){case 1:return"return f32(W[row * uniforms.wShape[3] + col]);";case 4:return"return vec4<f32>(W[(row * uniforms.wShape[3] + col) / 4]);";default:throw new Error(`innerElementSize ${k} is not supported.`)}},h=s?`
      let coord = vec4<i32>(batch, xRow, xCol, xCh);
      `:`
      let coord = vec4<i32>(batch, xCh, xRow, xCol);
      `,f=s?`
      let coords = vec4<i32>(
        batch,
        row / outWidth,
        row % outWidth,
        col);
      `:`
      let coords = vec4<i32>(
        batch,
        row,
        col / outWidth,
        col % outWidth);
      `,p=s?"uniforms.xShape[1]":"uniforms.xShape[2]",g=s?"uniforms.xShape[2]":"uniforms.xShape[3]",x=s?"row":"col",S=s?"col":"row",A=`
      let inChannels = uniforms.wShape[2];
      let outWidth = ${s?"uniforms.outShape[2]":"uniforms.outShape[3]"};
      let outRow = ${x} / outWidth;
      let outCol = ${x} % outWidth;

      let WRow = ${S} / (uniforms.filterDims[1] * inChannels);
      let WCol = ${S} / inChannels % uniforms.filterDims[1];
      let xRow = outRow * uniforms.strides[0] + uniforms.dilations[0] * WRow - uniforms.pads[0];
      let xCol = outCol * uniforms.strides[1] + uniforms.dilations[1] * WCol - uniforms.pads[1];
      let xCh = ${S} % inChannels;
      var resData = ${y(n)}(0.0);
      // The bounds checking is always needed since we use it to pad zero for
      // the 'same' padding type.
      if (xRow >= 0 && xRow < ${p} && xCol >= 0 && xCol < ${g}) {
        ${h}
        let xIndex = getIndexFromCoords4D(coord, uniforms.xShape);
        ${l(n)}
      }
      return resData;`,v=s?t&&r?`
      ${A}`:`
      if (row < uniforms.dimAOuter && col < uniforms.dimInner) {
        ${A}
      }
      return ${y(n)}(0.0);`:r&&e?`
      ${A}`:`
      if (row < uniforms.dimInner && col < uniforms.dimBOuter) {
        ${A}
      }
      return ${y(n)}(0.0);`,_=`${d(u)}`,P=y(c),B=s?y(n):y(u),F=s?y(u):y(n);return`
      ${H(i,a,c===4,4)}
      fn mm_readA(batch: i32, row : i32, col : i32) -> ${B} {
        ${s?v:_}
      }

      fn mm_readB(batch: i32, row : i32, col : i32) -> ${F} {
        ${s?_:v}
      }

      fn mm_write(batch: i32, row : i32, col : i32, valueIn : ${P}) {
        if (row < uniforms.dimAOuter && col < uniforms.dimBOuter)
        {
        var value = valueIn;
        let outWidth = ${s?"uniforms.outShape[2]":"uniforms.outShape[3]"};
        ${f}
        ${Z(o,i)}
        setOutputAtCoords(coords[0], coords[1], coords[2], coords[3], value);
        }
      }`}var Le=class{constructor(t,e,r,o,i=!1,a=null,n=!1,u=!1){this.variableNames=["x","W"],this.uniforms="filterDims : vec2<i32>, pads : vec2<i32>, strides : vec2<i32>, dilations : vec2<i32>, dimAOuter : i32, dimBOuter : i32, dimInner : i32,",this.outputShape=t.outShape,this.isChannelsLast=t.dataFormat==="channelsLast",this.isVec4=((t.inChannels%4===0||t.inChannels%3===0)&&this.isChannelsLast||t.outWidth%4===0&&!this.isChannelsLast)&&t.outChannels%4===0,this.dispatchLayout=this.isChannelsLast?{x:[3],y:[1,2],z:[0]}:{x:[2,3],y:[1],z:[0]},this.workgroupSize=Ye(this.dispatchLayout,this.outputShape,this.isVec4),this.elementsPerThread=Xe(this.dispatchLayout,this.outputShape,this.isVec4),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize,this.elementsPerThread),this.isVec4?(this.outputComponent=4,this.isChannelsLast&&t.inChannels%4!==0?(this.innerElementSize=3,this.variableComponents=[1,4]):(this.innerElementSize=4,this.variableComponents=[4,4]),i&&(this.variableNames.push("bias"),this.variableComponents.push(4)),n&&(this.variableNames.push("preluActivationWeights"),this.variableComponents.push(4))):(this.innerElementSize=this.elementsPerThread[0],i&&this.variableNames.push("bias"),n&&this.variableNames.push("preluActivationWeights")),this.sequentialAccessByThreads=u,this.addBias=i,this.activation=a,this.hasPreluActivationWeights=n,this.tileAOuter=this.workgroupSize[1]*this.elementsPerThread[1],this.tileBOuter=this.workgroupSize[0]*this.elementsPerThread[0],this.tileInner=Math.max(this.workgroupSize[0]*this.innerElementSize,this.workgroupSize[1]),this.fitAOuter=e%this.tileAOuter===0,this.fitBOuter=r%this.tileBOuter===0,this.fitInner=o%this.tileInner===0,this.shaderKey=`conv2DMM_${this.elementsPerThread}_${this.activation}}_${this.fitAOuter}_${this.fitBOuter}_${this.fitInner}_${this.isVec4}_${this.innerElementSize}_${this.isChannelsLast}_${this.sequentialAccessByThreads}`}getUserCode(){let t=this.isVec4?fe(this.elementsPerThread,this.workgroupSize,!this.isChannelsLast,this.tileInner):ge(this.elementsPerThread,this.workgroupSize,!this.isChannelsLast,this.tileInner,!1,null,this.sequentialAccessByThreads),e=this.isVec4?[this.innerElementSize,4,4]:[1,1,1];return`
    ${wo(this.isChannelsLast,this.fitAOuter,this.fitBOuter,this.fitInner,this.addBias,this.activation,this.hasPreluActivationWeights,e[0],e[1],e[2])}
    ${t}
  `}};var Me=class{constructor(t,e=!1,r=null,o=!1){this.variableNames=["x","W"],this.uniforms="filterDims: vec2<i32>, pads: vec2<i32>, strides: vec2<i32>, dilations: vec2<i32>,",this.workgroupSize=[4,4,8],this.outputShape=t.outShape,this.isChannelsLast=t.dataFormat==="channelsLast",this.dispatchLayout=this.isChannelsLast?{x:[2],y:[1],z:[0,3]}:{x:[3],y:[2],z:[0,1]},this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize),this.addBias=e,this.activation=r,this.hasPreluActivationWeights=o,e&&this.variableNames.push("bias"),o&&this.variableNames.push("preluActivationWeights"),this.shaderKey=`conv2dnaive_${this.activation}_${this.isChannelsLast}`}getUserCode(){return`
       ${H(this.activation,this.hasPreluActivationWeights,!1,4)}
       fn readInp(batch : i32, row : i32, col : i32, chan : i32) -> f32{
         let coords = vec4<i32>(batch, row, col, chan);
         if (coordsInBounds4D(coords, uniforms.xShape)) {
           return  getX(batch, row, col, chan);
         } else {
          return 0.0;
         }
       }
       fn readFilt(row : i32, col : i32, xChannel : i32, outChannel : i32) -> f32{
         let coords = vec4<i32>(row, col, xChannel, outChannel);
         if(coordsInBounds4D(coords, uniforms.wShape)) {
           return getW(row, col, xChannel, outChannel);
          } else {
            return 0.0;
          }
       }
       fn writeResult(batch : i32, row : i32, col : i32, chan : i32, valueIn : f32) {
         let coords = ${this.isChannelsLast?"vec4<i32>(batch, row, col, chan);":"vec4<i32>(batch, chan, row, col);"}
         if (coordsInBounds4D(coords, uniforms.outShape)) {
           var value = valueIn;
           ${Z(this.addBias,this.activation)}
           setOutputAtCoords(coords.x, coords.y, coords.z, coords.w, value);
         }
       }
       ${$("index")} {
         let coords = getOutputCoords();
         let batch = coords[0];
         let outChannel = ${this.isChannelsLast?"coords[3];":"coords[1];"}
         let outRow = ${this.isChannelsLast?"coords[1];":"coords[2];"}
         let outCol = ${this.isChannelsLast?"coords[2];":"coords[3];"}
         var acc : f32 = 0.0;
         for (var row = 0; row < uniforms.filterDims[0]; row = row + 1) {
           for (var col = 0; col < uniforms.filterDims[1]; col = col + 1) {
             let xRow = outRow * uniforms.strides[0] + uniforms.dilations[0] * row - uniforms.pads[0];
             let xCol = outCol * uniforms.strides[1] + uniforms.dilations[1] * col - uniforms.pads[1];
             for (var xChannel = 0; xChannel < ${this.isChannelsLast?"uniforms.xShape[3];":"uniforms.xShape[1];"} xChannel = xChannel + 1) {
               ${this.isChannelsLast?"let v = readInp(batch, xRow, xCol, xChannel);":"let v = readInp(batch, xChannel, xRow, xCol);"}
               let f = readFilt(row, col, xChannel, outChannel);
               acc = acc + v * f;
             }
           }
         }
         writeResult(batch, outRow, outCol, outChannel, acc);
       }
     `}};var Ne=class{constructor(t,e){this.variableNames=["x"],this.uniforms=`pads : vec2<i32>, strides : vec2<i32>, dilations : vec2<i32>, outWidth : i32, itemsPerBlockRow : i32,
       inChannels : i32,`,this.workgroupSize=[64,1,1],this.size=!0,this.outputShape=t,this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize),this.isChannelsLast=e,this.shaderKey=`im2col_${this.isChannelsLast}`}getUserCode(){let t=this.isChannelsLast?1:2,e=this.isChannelsLast?2:3,r=this.isChannelsLast?"coords[1]":"coords[2]",o=this.isChannelsLast?"coords[2]":"coords[1]",i=this.isChannelsLast?"getX(batch, xRow, xCol, ch)":"getX(batch, ch, xRow, xCol)";return`
    ${$("index")} {
      let coords = getCoordsFromIndex(index);
      if(index < uniforms.size) {
        let batch = coords[0];
        let row = ${r};
        let col = ${o};
        let offsetY = (row / uniforms.outWidth) * uniforms.strides[0] - uniforms.pads[0];
        let xRow = offsetY + uniforms.dilations[0] * (col / uniforms.itemsPerBlockRow);
        var value = 0.0;
        if(xRow < uniforms.xShape[${t}] && xRow >= 0) {
          let offsetX = (row % uniforms.outWidth) * uniforms.strides[1] -
              uniforms.pads[1];
          let xCol = offsetX + uniforms.dilations[1] * ((col %
              uniforms.itemsPerBlockRow) / uniforms.inChannels);
          let ch = col % uniforms.inChannels;
          if(xCol < uniforms.xShape[${e}] && xCol >= 0) {
            value = ${i};
          }
        }
        setOutputAtIndex(index, value);
      }
    }
   `}};function Ue(s,t){let e=s.length;return e>=3?t?[...s.slice(0,-3),s[e-3]*s[e-2],s[e-1]]:[...s.slice(0,-3),s[e-3],s[e-2]*s[e-1]]:!t&&e===1&&s[0]>1?[s[0],1]:null}function $o({x:s,filter:t,convInfo:e,backend:r,bias:o=null,preluActivationWeights:i=null,leakyreluAlpha:a=0,activation:n=null}){let u=e.dataFormat==="channelsLast",c=!u,l=!1,d=u&&e.filterHeight===e.inHeight&&e.filterWidth===e.inWidth&&e.padInfo.type==="VALID",h=[],f,p;if(d){let S=e.inHeight*e.inWidth*e.inChannels;f=E({inputs:{x:s},backend:r,attrs:{shape:[1,e.batchSize,S]}}),p=E({inputs:{x:t},backend:r,attrs:{shape:[1,S,e.outChannels]}})}else f=E({inputs:{x:s},backend:r,attrs:{shape:u?[e.batchSize,e.inHeight*e.inWidth,e.inChannels]:[e.batchSize,e.inChannels,e.inHeight*e.inWidth]}}),p=E({inputs:{x:t},backend:r,attrs:{shape:[1,e.inChannels,e.outChannels]}});if(h.push(f),h.push(p),i!=null){let S=Ue(i.shape,u);S!=null&&(i=E({inputs:{x:i},backend:r,attrs:{shape:S}}),h.push(i))}if(o!=null){let S=Ue(o.shape,u);S!=null&&(o=E({inputs:{x:o},backend:r,attrs:{shape:S}}),h.push(o))}let g=xe({a:u?f:p,b:u?p:f,transposeA:c,transposeB:l,backend:r,bias:o,activation:n,preluActivationWeights:i,leakyreluAlpha:a}),x=E({inputs:{x:g},backend:r,attrs:{shape:e.outShape}});h.push(g);for(let S of h)r.disposeData(S.dataId);return x}function Io({x:s,filter:t,convInfo:e,backend:r,bias:o=null,preluActivationWeights:i=null,leakyreluAlpha:a=0,activation:n=null}){let{filterWidth:u,filterHeight:c,inChannels:l,strideWidth:d,strideHeight:h,padInfo:f,outWidth:p,outHeight:g,dilationWidth:x,dilationHeight:S,dataFormat:A}=e,v=A==="channelsLast",_=u*c*l,P=g*p,B=v?[e.batchSize,P,_]:[e.batchSize,_,P],F=new Ne(B,v),T=[{type:"int32",data:[f.top,f.left]},{type:"int32",data:[h,d]},{type:"int32",data:[S,x]},{type:"int32",data:[p]},{type:"int32",data:[l*u]},{type:"int32",data:[l]}],k=r.runWebGPUProgram(F,[s],s.dtype,T),O=[];O.push(k);let G=E({inputs:{x:t},backend:r,attrs:{shape:[1,_,-1]}});if(O.push(G),i!=null){let U=Ue(i.shape,v);U!=null&&(i=E({inputs:{x:i},backend:r,attrs:{shape:U}}),O.push(i))}if(o!=null){let U=Ue(o.shape,v);U!=null&&(o=E({inputs:{x:o},backend:r,attrs:{shape:U}}),O.push(o))}let L=xe({a:v?k:G,b:v?G:k,transposeA:!v,transposeB:!1,backend:r,bias:o,activation:n,preluActivationWeights:i,leakyreluAlpha:a}),M=E({inputs:{x:L},backend:r,attrs:{shape:e.outShape}});O.push(L);for(let U of O)r.disposeData(U.dataId);return M}function Te({x:s,filter:t,convInfo:e,backend:r,bias:o=null,preluActivationWeights:i=null,leakyreluAlpha:a=0,activation:n=null}){let u=o!=null,c=i!=null,l=e.dataFormat==="channelsLast",d=l&&e.filterHeight===e.inHeight&&e.filterWidth===e.inWidth&&e.padInfo.type==="VALID",h=D().getBool("WEBGPU_USE_NAIVE_CONV2D_DEBUG");if(!h&&(d||e.filterHeight===1&&e.filterWidth===1&&e.dilationHeight===1&&e.dilationWidth===1&&e.strideHeight===1&&e.strideWidth===1&&(e.padInfo.type==="SAME"||e.padInfo.type==="VALID")))return $o({x:s,filter:t,convInfo:e,backend:r,bias:o,activation:n,preluActivationWeights:i,leakyreluAlpha:a});let f=D().getNumber("WEBGPU_THRESHOLD_TO_INCREASE_WORKGROUPS_FOR_MATMUL"),p=f>-1?f:r.thresholdToIncreaseWorkgroups,g=e.batchSize*Math.ceil(e.outHeight*e.outWidth/32)*Math.ceil(e.outChannels/32);if(D().getBool("WEBGPU_CONV_SEPARATE_IM2COL_SHADER")||g<=p)return Io({x:s,filter:t,convInfo:e,backend:r,bias:o,preluActivationWeights:i,leakyreluAlpha:a,activation:n});let x,S=[e.padInfo.top,e.padInfo.left],A=[{type:"int32",data:[e.filterHeight,e.filterWidth]},{type:"int32",data:[...S]},{type:"int32",data:[e.strideHeight,e.strideWidth]},{type:"int32",data:[e.dilationHeight,e.dilationWidth]}];if(h)x=new Me(e,u,n,c);else{let B=l?e.outHeight*e.outWidth:e.outChannels,F=l?e.outChannels:e.outHeight*e.outWidth,T=e.filterHeight*e.filterWidth*e.inChannels;A.push({type:"int32",data:[B]},{type:"int32",data:[F]},{type:"int32",data:[T]});let k=r.adapterInfo.isIntel();x=new Le(e,B,F,T,u,n,c,k)}let v=[],_=[s,t];u&&(!l&&o.shape.length===1&&(o=E({inputs:{x:o},backend:r,attrs:{shape:[o.shape[0],1,1]}}),v.push(o)),_.push(o)),c&&(!l&&i.shape.length===1&&(i=E({inputs:{x:i},backend:r,attrs:{shape:[i.shape[0],1,1]}}),v.push(i)),_.push(i)),n==="leakyrelu"&&(A.push({type:"float32",data:[a]}),x.uniforms+=" alpha : f32,");let P=r.runWebGPUProgram(x,_,s.dtype,A);for(let B of v)r.disposeData(B.dataId);return P}function yo(s){let{inputs:t,attrs:e,backend:r}=s,{x:o,filter:i}=t,{strides:a,pad:n,dataFormat:u,dilations:c,dimRoundingMode:l}=e,d=b.convertConv2DDataFormat(u),h=b.computeConv2DInfo(o.shape,i.shape,a,c,n,l,!1,d);return Te({x:o,filter:i,convInfo:h,backend:r})}var ls={kernelName:ht,backendName:"webgpu",kernelFunc:yo};function vo(s){let{inputs:t,backend:e,attrs:r}=s,{x:o,filter:i,bias:a,preluActivationWeights:n}=t,{strides:u,pad:c,dataFormat:l,dilations:d,dimRoundingMode:h,activation:f,leakyreluAlpha:p}=r,g=b.convertConv2DDataFormat(l),x=b.computeConv2DInfo(o.shape,i.shape,u,d,c,h,!1,g);return Te({x:o,filter:i,convInfo:x,backend:e,bias:a,preluActivationWeights:n,leakyreluAlpha:p,activation:f})}var cs={kernelName:wt,backendName:"webgpu",kernelFunc:vo};var ze=class{constructor(t,e,r){this.uniforms="",this.variableNames=["x"],this.workgroupSize=[64,1,1],this.size=!0,this.outputShape=e.map((o,i)=>o[0]+t[i]+o[1]),this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize),this.xShape=t,e.map((o,i)=>{this.uniforms+=` pad${i} : vec2<i32>,`}),this.offset=r==="reflect"?0:1,this.shaderKey=`mirrorPad_${r}`}getUserCode(){let t=this.xShape.length,e=this.xShape.map((c,l)=>`uniforms.pad${l}[0]`).join(","),r=this.xShape.map((c,l)=>`uniforms.pad${l}[0] + uniforms.xShape${t>1?`[${l}]`:""}`).join(","),o=t===1?"start":"start[i]",i=t===1?"end":"end[i]",a=t===1?"outC":"outC[i]",n=N(t),u=t>1?["coords[0]","coords[1]","coords[2]","coords[3]"].slice(0,t):"coords";return`
      ${$("index")} {
        if (index < uniforms.size) {
          let start = ${n}(${e});
          let end = ${n}(${r});
          var outC = getCoordsFromIndex(index);
          for (var i = 0; i < ${t}; i = i + 1) {
            if (${a} < ${o}) {
              ${a} = ${o} * 2 - ${a} - ${this.offset};
            } else if(${a} >= ${i}) {
              ${a} = (${i} - 1) * 2 - ${a} + ${this.offset};
            }
          }
          let coords = outC - start;
          setOutputAtIndex(index, getX(${u}));
        }
      }
    `}};var hs={kernelName:mt,backendName:"webgpu",kernelFunc:({inputs:s,attrs:t,backend:e})=>{let{x:r}=s,{paddings:o,mode:i}=t,a=e,n=o.map(l=>({type:"int32",data:[l[0],l[1]]})),u=new ze(r.shape,o,i);return a.runWebGPUProgram(u,[r],r.dtype,n)}};var Ao=Q({opType:w.MUL,cpuKernelImpl:Ot,supportsComplex:!0}),ps={kernelName:ft,backendName:"webgpu",kernelFunc:Ao};var Po=Q({opType:w.DIV}),ds={kernelName:pt,backendName:"webgpu",kernelFunc:Po};var Fe=class{constructor(t,e){this.variableNames=["source"],this.workPerThread=1,this.workgroupSize=[64,1,1],this.size=!0,this.outputShape=e,this.rank=e.length,this.dispatchLayout=R(this.outputShape),this.dispatch=I(this.dispatchLayout,this.outputShape,this.workgroupSize,[this.workPerThread,1,1]),this.start=t,this.uniforms=`start : ${N(t.length)}, `,this.shaderKey="slice"}getUserCode(){let t=N(this.rank),e=Ro(this.rank),r;return this.start.length===1?r=this.outputShape.map((i,a)=>"sourceLoc = uniforms.start + coords;"):r=this.outputShape.map((i,a)=>`sourceLoc.${st[a]} = uniforms.start.${Y(a)} + coords.${st[a]};`),`
      ${$("index")} {
        if (index < uniforms.size) {
          var sourceLoc : ${t};
          let coords = getCoordsFromIndex(index);
          ${r.join(`
`)}
          setOutputAtIndex(index, getSource(${e}));
        }
      }
    `}},st=["x","y","z","w","u","v"];function Ro(s){if(s===1)return"sourceLoc";if(s<=6)return st.slice(0,s).map(t=>`sourceLoc.${t}`).join(",");throw Error(`Slicing for rank ${s} is not yet supported`)}function Eo(s){let{inputs:t,backend:e,attrs:r}=s,{x:o}=t,{begin:i,size:a}=r,[n,u]=qe.parseSliceParams(o,i,a);if(qe.assertParamsValid(o,n,u),e.shouldExecuteOnCPU([o])||o.dtype==="string"){let d=e.tensorMap.get(o.dataId),h=Vt(d.values,n,u,o.shape,o.dtype);return e.makeTensorInfo(u,o.dtype,h)}if(m.sizeFromShape(u)===0)return e.makeTensorInfo(u,o.dtype,[]);let c=new Fe(n,u),l=[{type:"int32",data:n}];return e.runWebGPUProgram(c,[o],o.dtype,l)}var ms={kernelName:xt,backendName:"webgpu",kernelFunc:Eo};var fs={kernelName:Ct,backendName:"webgpu",kernelFunc:({inputs:s,backend:t})=>{let{x:e}=s,r=t,o=new j(e.shape,C.SQUARE);return r.runWebGPUProgram(o,[e],e.dtype)}};function _o({inputs:s,attrs:t,backend:e}){let{x:r}=s,o=new j(r.shape,C.STEP,"stepAlpha : f32,"),i=[{type:"float32",data:[t.alpha]}];return e.runWebGPUProgram(o,[r],r.dtype,i)}var gs={kernelName:bt,backendName:"webgpu",kernelFunc:_o};var Bo=Q({opType:w.SUB,cpuKernelImpl:Ht,supportsComplex:!0}),xs={kernelName:"Sub",backendName:"webgpu",kernelFunc:Bo};function Lo(s){let{inputs:t,backend:e,attrs:r}=s,{x:o}=t,{axis:i,keepDims:a}=r;return oe(o,i,a,"sum",e)}var Cs={kernelName:"Sum",backendName:"webgpu",kernelFunc:Lo};var W=D();W.registerFlag("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE",()=>15);W.registerFlag("WEBGPU_CPU_FORWARD",()=>!0);W.registerFlag("WEBGPU_MATMUL_PROGRAM_TYPE",()=>-1);W.registerFlag("WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE",()=>!0);W.registerFlag("WEBGPU_USE_LOW_POWER_GPU",()=>!1);W.registerFlag("WEBGPU_CPU_HANDOFF_SIZE_THRESHOLD",()=>1e3);W.registerFlag("WEBGPU_USE_PROFILE_TOOL",()=>!1);W.registerFlag("WEBGPU_IMPORT_EXTERNAL_TEXTURE",()=>!0);W.registerFlag("WEBGPU_USE_NAIVE_CONV2D_DEBUG",()=>!1);W.registerFlag("WEBGPU_THRESHOLD_TO_INCREASE_WORKGROUPS_FOR_MATMUL",()=>-1);W.registerFlag("WEBGPU_CONV_SEPARATE_IM2COL_SHADER",()=>!1);W.registerFlag("WEBGPU_PRINT_SHADER",()=>"");W.registerFlag("WEBGPU_ENGINE_COMPILE_ONLY",()=>!1);var Oe=class{constructor(t){t&&(this.vendor=t.vendor,this.architecture=t.architecture,this.intelGPUGeneration=this.getIntelGPUGeneration())}getIntelGPUGeneration(){if(this.isIntel()){if(this.architecture.startsWith("gen"))return Number(this.architecture.match(/\d+/));if(this.architecture.startsWith("xe"))return 12}return 0}isIntel(){return this.vendor==="intel"}};var We=class{constructor(t){this.device=t,this.numUsedBuffers=0,this.numFreeBuffers=0,this.freeBuffers=new Map,this.usedBuffers=new Map,this.numBytesUsed=0,this.numBytesAllocated=0}acquireBuffer(t,e,r=!1,o=!0){let i,a=Ss(t,e);return o?(this.freeBuffers.has(a)||this.freeBuffers.set(a,[]),this.freeBuffers.get(a).length>0?(i=this.freeBuffers.get(a).pop(),this.numFreeBuffers--):(i=this.device.createBuffer({size:t,usage:e,mappedAtCreation:r}),this.numBytesAllocated+=t)):(i=this.device.createBuffer({size:t,usage:e,mappedAtCreation:r}),this.numBytesAllocated+=t),this.usedBuffers.has(a)||this.usedBuffers.set(a,[]),this.usedBuffers.get(a).push(i),this.numUsedBuffers++,this.numBytesUsed+=t,i}releaseBuffer(t,e=!0){if(this.freeBuffers.size===0)return;let r=t.size,o=t.usage,i=Ss(r,o),a=this.usedBuffers.get(i),n=a.indexOf(t);if(n<0)throw new Error("Cannot find the buffer in buffer manager");a[n]=a[a.length-1],a.pop(),this.numUsedBuffers--,this.numBytesUsed-=r,e?(this.freeBuffers.get(i).push(t),this.numFreeBuffers++):(t.destroy(),this.numBytesAllocated-=r)}getNumUsedBuffers(){return this.numUsedBuffers}getNumFreeBuffers(){return this.numFreeBuffers}dispose(){this.freeBuffers.forEach((t,e)=>{t.forEach(r=>{r.destroy()})}),this.usedBuffers.forEach((t,e)=>{t.forEach(r=>{r.destroy()})}),this.freeBuffers=new Map,this.usedBuffers=new Map,this.numUsedBuffers=0,this.numFreeBuffers=0,this.numBytesUsed=0,this.numBytesAllocated=0}};function Ss(s,t){return`${s}_${t}`}var Ge=class{constructor(t){this.device=t,this.numUsedTextures=0,this.numFreeTextures=0,this.freeTextures=new Map,this.usedTextures=new Map,this.numBytesUsed=0,this.numBytesAllocated=0}acquireTexture(t,e,r,o){let i=ws(r),a=t*e*i,n=bs(t,e,r,o);if(this.freeTextures.has(n)||this.freeTextures.set(n,[]),this.usedTextures.has(n)||this.usedTextures.set(n,[]),this.numBytesUsed+=a,this.numUsedTextures++,this.freeTextures.get(n).length>0){this.numFreeTextures--;let c=this.freeTextures.get(n).shift();return this.usedTextures.get(n).push(c),c}this.numBytesAllocated+=a;let u=this.device.createTexture({size:[t,e],format:r,usage:o});return this.usedTextures.get(n).push(u),u}releaseTexture(t){if(this.freeTextures.size===0)return;let e=t.width,r=t.height,o=t.format,i=t.usage,a=bs(e,r,o,i);this.freeTextures.has(a)||this.freeTextures.set(a,[]),this.freeTextures.get(a).push(t),this.numFreeTextures++,this.numUsedTextures--;let n=this.usedTextures.get(a),u=n.indexOf(t);if(u<0)throw new Error("Cannot release a texture that was never provided by this texture manager");n.splice(u,1);let c=ws(o),l=e*r*c;this.numBytesUsed-=l}getNumUsedTextures(){return this.numUsedTextures}getNumFreeTextures(){return this.numFreeTextures}dispose(){this.freeTextures.forEach((t,e)=>{t.forEach(r=>{r.destroy()})}),this.usedTextures.forEach((t,e)=>{t.forEach(r=>{r.destroy()})}),this.freeTextures=new Map,this.usedTextures=new Map,this.numUsedTextures=0,this.numFreeTextures=0,this.numBytesUsed=0,this.numBytesAllocated=0}};function bs(s,t,e,r){return`${s}_${t}_${e}_${r}`}function ws(s){if(s==="rgba8unorm")return 16;throw new Error(`${s} is not supported!`)}var Mo=D().getNumber("WEBGPU_CPU_HANDOFF_SIZE_THRESHOLD"),No=(s,t)=>{let e=s.limits.maxComputeWorkgroupsPerDimension,r=t.dispatchLayout,o=t.dispatch;if(o.every(a=>a<=e))return o;m.assert(o[0]>e&&r.y===void 0&&r.z===void 0,()=>"Dispatch size exceeds WebGPU limits in Y or Z dimension.");let i=Math.ceil(Math.sqrt(o[0]));return i>e?(i=Math.ceil(Math.cbrt(o[0])),m.assert(i<=e,()=>"Total dispatch size exceeds WebGPU maximum."),[i,i,i]):[i,i,1]},ae=class s extends it{nextDataId(){return s.nextDataId++}constructor(t,e){if(super(),this.commandQueueOwnedIds=new WeakSet,this.dispatchCountInPass=0,this.disposed=!1,this.downloadWaitMs=0,this.tensorDataPendingDisposal=[],this.queryResolveBuffer=null,this.querySet=null,this.querySetCount=2,this.stagingPendingDisposal=[],this.uniformPendingDisposal=[],this.uploadWaitMs=0,this.hasReadSyncWarned=!1,this.hasTimestampQueryWarned=!1,!ce())throw new Error("WebGPU is not supported on this device");this.pipelineCache={},this.device=t,this.queue=t.queue,this.commandEncoder=null,this.computePassEncoder=null,this.adapterInfo=new Oe(e),this.supportTimestampQuery=this.device.features.has("timestamp-query"),this.thresholdToIncreaseWorkgroups=this.adapterInfo.intelGPUGeneration>=12?16:8,this.bufferManager=new We(this.device),this.textureManager=new Ge(this.device),this.tensorMap=new ot(this,Se()),D().getBool("WEBGPU_USE_PROFILE_TOOL")&&(this.dummyCanvas=document.createElement("canvas"),this.dummyCanvas.width=1,this.dummyCanvas.height=1,this.dummyContext=this.dummyCanvas.getContext("webgpu"),this.dummyContext.configure({device:t,format:"bgra8unorm"}),document.body.appendChild(this.dummyCanvas))}floatPrecision(){return 32}disposeData(t,e=!1){if(!this.tensorMap.has(t))return!0;let r=this.tensorMap.get(t);return e?r.refCount=0:r.refCount--,r.refCount>0?!1:(r.complexTensorInfos!=null&&(this.disposeData(r.complexTensorInfos.real.dataId),this.disposeData(r.complexTensorInfos.imag.dataId)),this.commandQueueOwnedIds.has(t)?(this.tensorDataPendingDisposal.push(t),!0):(this.releaseResource(t),this.tensorMap.delete(t),!0))}memory(){return{numBytesInGPU:this.bufferManager.numBytesUsed,numBytesAllocatedInGPU:this.bufferManager.numBytesAllocated,unreliable:!1}}releaseResource(t){let e=this.tensorMap.get(t);if(!(!e||!e.resource)){if(e.external){e.resource=null;return}e.resource instanceof GPUBuffer?this.bufferManager.releaseBuffer(e.resource):e.resource instanceof GPUTexture&&this.textureManager.releaseTexture(e.resource),e.resource=null}}refCount(t){return this.tensorMap.has(t)?this.tensorMap.get(t).refCount:0}incRef(t){let e=this.tensorMap.get(t);e.refCount++}decRef(t){if(this.tensorMap.has(t)){let e=this.tensorMap.get(t);e.refCount--}}write(t,e,r){if(r==="complex64"&&t!=null)throw new Error("Cannot write to a complex64 dtype. Please use tf.complex(real, imag).");let o={id:this.nextDataId()};return this.tensorMap.set(o,{dtype:r,shape:e,values:t,refCount:1}),o}move(t,e,r,o,i){if(o==="complex64")throw new Error("Cannot write to a complex64 dtype. Please use tf.complex(real, imag).");this.tensorMap.set(t,{dtype:o,shape:r,values:e,refCount:i})}submitQueue(){this.queue.submit([this.commandEncoder.finish()]),this.commandEncoder=null,this.dispatchCountInPass=0,this.commandQueueOwnedIds=new WeakSet,this.tensorDataPendingDisposal.forEach(t=>{this.releaseResource(t),this.tensorMap.delete(t)}),this.uniformPendingDisposal.forEach(t=>this.bufferManager.releaseBuffer(t)),this.stagingPendingDisposal.forEach(t=>this.bufferManager.releaseBuffer(t,!1)),this.tensorDataPendingDisposal=[],this.uniformPendingDisposal=[],this.stagingPendingDisposal=[]}ensureCommandEncoderReady(){this.commandEncoder||(this.commandEncoder=this.device.createCommandEncoder())}endComputePassEncoder(){this.computePassEncoder&&(this.computePassEncoder.end(),this.computePassEncoder=null)}async checkCompileCompletionAsync(){let t;try{t=await Promise.all(Object.values(this.pipelineCache))}catch(e){throw new Error(e.message)}Object.keys(this.pipelineCache).map((e,r)=>{this.pipelineCache[e]=t[r]})}async getBufferData(t){if(D().getBool("WEBGPU_ENGINE_COMPILE_ONLY"))return console.warn("The data may be invalid since WEBGPU_ENGINE_COMPILE_ONLY is true, this can only be called when WEBGPU_ENGINE_COMPILE_ONLY is false"),null;let e=t.size,r=this.bufferManager.acquireBuffer(e,GPUBufferUsage.COPY_DST|GPUBufferUsage.MAP_READ);this.ensureCommandEncoderReady(),this.endComputePassEncoder(),this.commandEncoder.copyBufferToBuffer(t,0,r,0,e),this.submitQueue(),await r.mapAsync(GPUMapMode.READ);let o=r.getMappedRange().slice(0);return r.unmap(),r!=null&&this.bufferManager.releaseBuffer(r),D().getBool("WEBGPU_USE_PROFILE_TOOL")&&(m.assert(this.dummyContext!==void 0,()=>"Fail to get context for profiling tool"),this.dummyContext.getCurrentTexture()),o}convertAndCacheOnCPU(t,e){let r=this.tensorMap.get(t);return r.values=e,r.values}readSync(t){let e=this.tensorMap.get(t),{values:r,complexTensorInfos:o}=e;if(r!=null||e.dtype==="string")return r;if(e.dtype==="complex64"){let g=this.readSync(o.real.dataId),x=this.readSync(o.imag.dataId),S=m.convertBackendValuesAndArrayBuffer(b.mergeRealAndImagArrays(g,x).buffer,"float32");return this.convertAndCacheOnCPU(t,S),S}this.hasReadSyncWarned||(this.hasReadSyncWarned=!0,console.warn("The performance of synchronously reading data from GPU to CPU is poor on the webgpu backend, please use asynchronous APIs instead."));let i=["opaque","premultiplied"],a=e.resource,n=a.size;m.assert(n%4===0,()=>"Because there is 4 bytes for one pixel, buffer size must be multiple of 4.");let u=n/4,c=new ArrayBuffer(n),l=256,d=256,h=i.map(g=>new OffscreenCanvas(l,d)),f=new OffscreenCanvas(l,d);this.endComputePassEncoder(),h.map((g,x)=>{let S=g.getContext("webgpu");return S.configure({device:this.device,format:"bgra8unorm",usage:GPUTextureUsage.COPY_DST,alphaMode:i[x]}),S.getCurrentTexture()}).map((g,x)=>{let S=l*4,A=(T,k,O)=>{this.ensureCommandEncoderReady(),this.commandEncoder.copyBufferToTexture({buffer:a,bytesPerRow:S,offset:O},{texture:g},{width:T,height:k}),this.submitQueue();let G=f.getContext("2d",{willReadFrequently:!0});G.clearRect(0,0,T,k),G.drawImage(h[x],0,0);let K=G.getImageData(0,0,T,k).data,q=i[x],L=new Uint8ClampedArray(c,O,T*k*4);for(let M=0;M<L.length;M+=4)if(q==="premultiplied")L[M+3]=K[M+3];else{let U=K[M];L[M]=K[M+2],L[M+1]=K[M+1],L[M+2]=U}},v=Math.floor(u/(l*d)),_=l,P=d,B=0;for(let T=0;T<v;T++)A(_,P,B),B+=l*d*4;let F=u%(l*d);P=Math.floor(F/l),P>0&&(A(_,P,B),B+=P*(l*4)),_=F%l,_>0&&A(_,1,B)});let p=m.convertBackendValuesAndArrayBuffer(c,e.dtype);return this.convertAndCacheOnCPU(t,p),p}async read(t){if(!this.tensorMap.has(t))throw new Error(`Tensor ${t} was not registered!`);let e=this.tensorMap.get(t),{values:r}=e;if(r!=null)return r;let o;if(e.dtype==="complex64"){let i=await Promise.all([this.read(e.complexTensorInfos.real.dataId),this.read(e.complexTensorInfos.imag.dataId)]),a=i[0],n=i[1];o=b.mergeRealAndImagArrays(a,n)}else{let i=await this.getBufferData(e.resource);o=m.convertBackendValuesAndArrayBuffer(i,e.dtype)}return this.convertAndCacheOnCPU(t,o),o}copyBuffer(t){let e=t.size,r=t.usage,o=this.bufferManager.acquireBuffer(e,r);return this.ensureCommandEncoderReady(),this.endComputePassEncoder(),this.commandEncoder.copyBufferToBuffer(t,0,o,0,e),this.submitQueue(),o}createTensorFromGPUData(t,e,r){let o=t.buffer;if(r==="complex64")throw new Error("Cannot write to a complex64 dtype. ");let i={id:this.nextDataId()};this.tensorMap.set(i,{dtype:r,shape:e,values:null,refCount:1,external:t.zeroCopy});let a=this.tensorMap.get(i),n=be(a.dtype)*m.sizeFromShape(a.shape);if(t.buffer.size<n)throw new Error(`GPUBuffer size(${t.buffer.size}) is smaller than tensor size(${n})!`);if((t.buffer.usage&(GPUBufferUsage.STORAGE|GPUBufferUsage.COPY_SRC))!==(GPUBufferUsage.STORAGE|GPUBufferUsage.COPY_SRC))throw new Error("GPUBuffer.usage should include GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC!");return t.zeroCopy!==!0&&(o=this.copyBuffer(o)),a.resource=o,Se().makeTensorFromDataId(i,e,r,this)}readToGPU(t){let e=this.tensorMap.get(t),{values:r,dtype:o,shape:i,resource:a}=e;if(o==="complex64")throw new Error("Does not support reading buffer for complex64 dtype.");if(a==null)throw r!=null?new Error("Data is not on GPU but on CPU."):new Error("There is no data on GPU or CPU.");let n=a,u=n.size,c=n.usage,l=this.bufferManager.acquireBuffer(u,c);this.ensureCommandEncoderReady(),this.endComputePassEncoder(),this.commandEncoder.copyBufferToBuffer(a,0,l,0,u),this.submitQueue();let d=this.makeTensorInfo(i,o),h=Se().makeTensorFromTensorInfo(d),f=this.tensorMap.get(d.dataId);return f.resource=l,{tensorRef:h,buffer:l}}bufferSync(t){let e=this.readSync(t.dataId);if(t.dtype==="string")try{let r=e.map(o=>m.decodeString(o));return He(t.shape,t.dtype,r)}catch{throw new Error("Failed to decode encoded string bytes into utf-8")}return He(t.shape,t.dtype,e)}async time(t){!this.supportTimestampQuery&&!this.hasTimestampQueryWarned&&(console.warn("This device doesn't support timestamp-query extension. Start Chrome browser with flag --enable-dawn-features=allow_unsafe_apis to try it again. Otherwise, zero will be shown for the kernel time when profiling mode is enabled."),this.hasTimestampQueryWarned=!0);let e=this.activeTimers,r=[],o=!1;this.programTimersStack==null?(this.programTimersStack=r,o=!0):this.activeTimers.push(r),this.activeTimers=r,t();let i=m.flatten(this.activeTimers.map(c=>c.query)).filter(c=>c!=null),a=m.flatten(this.activeTimers.map(c=>c.name)).filter(c=>c!=null);this.activeTimers=e,o&&(this.programTimersStack=null);let n={uploadWaitMs:this.uploadWaitMs,downloadWaitMs:this.downloadWaitMs,kernelMs:null,wallMs:null},u=await Promise.all(i);return n.kernelMs=m.sum(u),n.getExtraProfileInfo=()=>u.map((c,l)=>({name:a[l],ms:c})).map(c=>`${c.name}: ${c.ms}`).join(", "),this.uploadWaitMs=0,this.downloadWaitMs=0,n}makeTensorInfo(t,e,r){return e==="string"&&r!=null&&r.length>0&&m.isString(r[0])&&(r=r.map(i=>m.encodeString(i))),{dataId:this.write(r,t,e),shape:t,dtype:e}}tensorToBinding(t){if(!t)return null;let r=this.tensorMap.get(t.dataId).resource;return r instanceof GPUBuffer?{buffer:r}:r instanceof GPUTexture?r.createView():r}uploadToGPU(t){let e=this.tensorMap.get(t);if(e.resource!=null)return;let r=be(e.dtype)*m.sizeFromShape(e.shape),o,i=GPUBufferUsage.STORAGE|GPUBufferUsage.COPY_SRC|GPUBufferUsage.COPY_DST;if(e.values){if(o=this.bufferManager.acquireBuffer(r,i,!0),o.mapState==="unmapped"){let a=this.bufferManager.acquireBuffer(r,GPUBufferUsage.MAP_WRITE|GPUBufferUsage.COPY_SRC,!0,!1),n=a.getMappedRange();e.dtype==="int32"||e.dtype==="bool"?new Int32Array(n).set(e.values):new Float32Array(n).set(e.values),a.unmap(),this.ensureCommandEncoderReady(),this.endComputePassEncoder(),this.commandEncoder.copyBufferToBuffer(a,0,o,0,r),this.stagingPendingDisposal.push(a)}else{let a=o.getMappedRange();e.dtype==="int32"||e.dtype==="bool"?new Int32Array(a).set(e.values):new Float32Array(a).set(e.values),o.unmap()}e.values=null}else o=this.bufferManager.acquireBuffer(r,i);e.resource=o}makeUniforms(t){let e=0,r=0,o=[],i=1;t.forEach(u=>{u.data.length===0&&(u.data=[1]);let c;switch(u.data.length){case 1:c=4;break;case 2:c=8;break;case 3:c=16;break;case 4:c=16;break;case 5:c=16;break;case 6:c=16;break;default:m.assert(!1,()=>`Unsupported ${u.data.length}D shape`)}(r===5||r===6)&&(c=16),c>i&&(i=c),e=Math.ceil(e/c)*c,r=u.data.length,o.push(e),e+=u.data.length*4}),e=Math.ceil(e/i)*i;let a=new ArrayBuffer(e);t.forEach((u,c)=>{let l=o[c];u.type==="int32"?new Int32Array(a,l,u.data.length).set(u.data):u.type==="uint32"?new Uint32Array(a,l,u.data.length).set(u.data):new Float32Array(a,l,u.data.length).set(u.data)});let n=this.bufferManager.acquireBuffer(e,GPUBufferUsage.COPY_DST|GPUBufferUsage.UNIFORM);return this.queue.writeBuffer(n,0,a,0,e),this.uniformPendingDisposal.push(n),{offset:0,size:e,buffer:n}}runWebGPUProgram(t,e,r,o,i){if(i||(i=this.makeTensorInfo(t.outputShape,r)),m.sizeFromShape(i.shape)===0)return this.tensorMap.get(i.dataId).values=m.getTypedArrayFromDType(i.dtype,0),i;this.uploadToGPU(i.dataId),t.dispatch=No(this.device,t);let a=e.map((u,c)=>{if(u.dtype==="complex64")throw new Error("GPGPUProgram does not support complex64 input. For complex64 dtypes, please separate the program into real and imaginary parts.");return this.uploadToGPU(u.dataId),{dtype:this.tensorMap.get(u.dataId).dtype,shape:u.shape,name:t.variableNames[c]}});t.shaderKey=Lt(t,a,i);let n=D().getBool("WEBGPU_ENGINE_COMPILE_ONLY");return t.shaderKey in this.pipelineCache||(this.pipelineCache[t.shaderKey]=Dt(this.device,t,a,i,n)),t.pipeline=this.pipelineCache[t.shaderKey],n||this.recordAndSubmit(t,i,e,o),i}recordAndSubmit(t,e,r,o){if(t.pipeline instanceof Promise)throw new Error("Please call checkCompileCompletionAsync to ensure parallel compilation is done!");let i=[],a=[],n="int32";if(t.pixelsOpType==null){i.push({type:"float32",data:[NaN]},{type:"float32",data:[1/0]}),a=r.concat(e).map(f=>f.shape);let h="int32";a.map(f=>{i.push({type:h,data:f});let p=m.computeStrides(f);i.push({type:h,data:p})})}else{let h=m.computeStrides(e.shape);i.push({type:n,data:h})}if(t.size){let h=m.sizeFromShape(t.outputShape);i.push({type:n,data:[t.outputComponent?h/t.outputComponent:h]})}o&&(i=[...i,...o]);let u=[this.tensorToBinding(e),...r.map(h=>this.tensorToBinding(h)),this.makeUniforms(i)];r.forEach(h=>{this.commandQueueOwnedIds.add(h.dataId)}),this.commandQueueOwnedIds.add(e.dataId);let c=this.device.createBindGroup({layout:t.pipeline.getBindGroupLayout(0),entries:u.map((h,f)=>({binding:f,resource:h}))}),l=this.activeTimers!=null;this.ensureCommandEncoderReady();let d={};l&&this.supportTimestampQuery?(this.endComputePassEncoder(),this.querySet==null&&(this.querySet=this.device.createQuerySet({type:"timestamp",count:this.querySetCount})),d.timestampWrites={querySet:this.querySet,beginningOfPassWriteIndex:0,endOfPassWriteIndex:1},this.computePassEncoder=this.commandEncoder.beginComputePass(d)):this.computePassEncoder||(this.computePassEncoder=this.commandEncoder.beginComputePass(d)),this.computePassEncoder.setPipeline(t.pipeline),this.computePassEncoder.setBindGroup(0,c),this.computePassEncoder.dispatchWorkgroups(t.dispatch[0],t.dispatch[1],t.dispatch[2]),this.dispatchCountInPass++,(l||D().get("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE")<=this.dispatchCountInPass||t.pixelsOpType===le.DRAW)&&(this.endComputePassEncoder(),l?this.activeTimers.push({name:t.constructor.name,query:this.getQueryTime()}):this.submitQueue())}async getQueryTime(){if(!this.supportTimestampQuery)return 0;this.queryResolveBuffer==null&&(this.queryResolveBuffer=this.bufferManager.acquireBuffer(this.querySetCount*8,GPUBufferUsage.COPY_SRC|GPUBufferUsage.COPY_DST|GPUBufferUsage.QUERY_RESOLVE)),this.commandEncoder.resolveQuerySet(this.querySet,0,this.querySetCount,this.queryResolveBuffer,0);let t=this.bufferManager.acquireBuffer(this.querySetCount*8,GPUBufferUsage.MAP_READ|GPUBufferUsage.COPY_DST);this.commandEncoder.copyBufferToBuffer(this.queryResolveBuffer,0,t,0,this.querySetCount*8),this.submitQueue(),await t.mapAsync(GPUMapMode.READ);let e=new BigUint64Array(t.getMappedRange()),r=Number(e[1]-e[0])/1e6;return t.unmap(),this.bufferManager.releaseBuffer(t),r}shouldExecuteOnCPU(t,e=Mo){return D().getBool("WEBGPU_CPU_FORWARD")&&t.every(r=>this.tensorMap.get(r.dataId).resource==null&&m.sizeFromShape(r.shape)<e)}numDataIds(){return this.tensorMap.numDataIds()-this.tensorDataPendingDisposal.length}dispose(){this.disposed||(this.querySet!=null&&this.querySet.destroy(),this.bufferManager.dispose(),this.textureManager.dispose(),this.disposed=!0)}};ae.nextDataId=0;ce()&&yt("webgpu",async()=>{let s={powerPreference:D().get("WEBGPU_USE_LOW_POWER_GPU")?"low-power":"high-performance"},t=await navigator.gpu.requestAdapter(s),e={},r=[];t.features.has("timestamp-query")&&r.push("timestamp-query"),t.features.has("bgra8unorm-storage")&&r.push(["bgra8unorm-storage"]),e.requiredFeatures=r;let o=t.limits;e.requiredLimits={maxComputeWorkgroupStorageSize:o.maxComputeWorkgroupStorageSize,maxComputeWorkgroupsPerDimension:o.maxComputeWorkgroupsPerDimension,maxStorageBufferBindingSize:o.maxStorageBufferBindingSize,maxBufferSize:o.maxBufferSize,maxComputeWorkgroupSizeX:o.maxComputeWorkgroupSizeX,maxComputeInvocationsPerWorkgroup:o.maxComputeInvocationsPerWorkgroup};let i=await t.requestDevice(e),a="info"in t?t.info:"requestAdapterInfo"in t?await t.requestAdapterInfo():void 0;return new ae(i,a)},3);for(let s of[Qt,Jt,es,rs,as,us,ls,cs,Nt,hs,ps,ds,Kt,ms,fs,gs,xs,Cs,Yt])$t(s);export{ae as WebGPUBackend,Ze as webgpu_util};
