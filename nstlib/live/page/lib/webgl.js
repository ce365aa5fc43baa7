import{D as mo,a as Ue,b as Gt,c as Be,d as po,e as ho,f as fo,g as R,h as xo}from"./chunk-4VVIPBPY.js";import{$ as io,G as Qr,L as Zr,M as Jr,P as eo,S as to,Va as co,W as ro,Z as oo,_ as no,c as Wr,ca as ao,ha as m,ka as Ne,la as so,m as T,n as Vr,o as Gr,p as zr,q as Xr,qa as q,r as Hr,ra as lo,t as Kr,v as Yr,va as uo,w as qr,z as jr}from"./chunk-LGYPFHXI.js";function D(){let t,e,r,o,n,i,a,l,s,u;return T().getNumber("WEBGL_VERSION")===2?(t="#version 300 es",e="in",r="out",o="in",n="texture",i="outputColor",a="out vec4 outputColor;",l=T().getBool("WEBGL2_ISNAN_CUSTOM")?`
      bool isnan_custom(float val) {
        uint floatToUint = floatBitsToUint(val);
        return (floatToUint & 0x7fffffffu) > 0x7f800000u;
      }

      bvec4 isnan_custom(vec4 val) {
        return bvec4(isnan_custom(val.x),
          isnan_custom(val.y), isnan_custom(val.z), isnan_custom(val.w));
      }

      #define isnan(value) isnan_custom(value)
    `:"",s="",u=`
      #define round(value) newRound(value)
      int newRound(float value) {
        return int(floor(value + 0.5));
      }

      ivec4 newRound(vec4 value) {
        return ivec4(floor(value + vec4(0.5)));
      }
    `):(t="",e="attribute",r="varying",o="varying",n="texture2D",i="gl_FragColor",a="",l=`
      #define isnan(value) isnan_custom(value)
      bool isnan_custom(float val) {
        return (val > 0. || val < 1. || val == 0.) ? false : true;
      }
      bvec4 isnan_custom(vec4 val) {
        return bvec4(isnan(val.x), isnan(val.y), isnan(val.z), isnan(val.w));
      }
    `,s=`
      uniform float INFINITY;

      bool isinf(float val) {
        return abs(val) == INFINITY;
      }
      bvec4 isinf(vec4 val) {
        return equal(abs(val), vec4(INFINITY));
      }
    `,u=`
      int round(float value) {
        return int(floor(value + 0.5));
      }

      ivec4 round(vec4 value) {
        return ivec4(floor(value + vec4(0.5)));
      }
    `),{version:t,attribute:e,varyingVs:r,varyingFs:o,texture2D:n,output:i,defineOutput:a,defineSpecialNaN:l,defineSpecialInf:s,defineRound:u}}function z(t,e,r="index"){let o=m.computeStrides(e);return o.map((n,i)=>{let a=`int ${t[i]} = ${r} / ${n}`,l=i===o.length-1?`int ${t[i+1]} = ${r} - ${t[i]} * ${n}`:`index -= ${t[i]} * ${n}`;return`${a}; ${l};`}).join("")}function ae(t,e,r="index"){let o=m.computeStrides(e);return o.map((n,i)=>{let a=`int ${t[i]} = ${r} / outShapeStrides[${i}]`,l=i===o.length-1?`int ${t[i+1]} = ${r} - ${t[i]} * outShapeStrides[${i}]`:`index -= ${t[i]} * outShapeStrides[${i}]`;return`${a}; ${l};`}).join("")}function Un(t,e){let r=t.length,o=t.map(i=>`${e}[${i}]`),n=new Array(r-1);n[r-2]=o[r-1];for(let i=r-3;i>=0;--i)n[i]=`(${n[i+1]} * ${o[i+1]})`;return n}function go(t,e,r="index"){let o=t.map((i,a)=>a),n=Un(o,e);return n.map((i,a)=>{let l=`int ${t[a]} = ${r} / ${n[a]}`,s=a===n.length-1?`int ${t[a+1]} = ${r} - ${t[a]} * ${n[a]}`:`index -= ${t[a]} * ${n[a]}`;return`${l}; ${s};`}).join("")}function me(t){let e=m.computeStrides(t).map(r=>r.toString());return`
  int getFlatIndex(ivec3 coords) {
    return coords.x * ${e[0]} + coords.y * ${e[1]} + coords.z;
  }
`}function ge(){return`
  int getFlatIndex(ivec3 coords) {
    return coords.x * outShapeStrides[0] + coords.y * outShapeStrides[1] + coords.z;
  }
`}var Qe=`
  const float FLOAT_MAX = 1.70141184e38;
  const float FLOAT_MIN = 1.17549435e-38;

  lowp vec4 encode_float(highp float v) {
    if (isnan(v)) {
      return vec4(255, 255, 255, 255);
    }

    highp float av = abs(v);

    if(av < FLOAT_MIN) {
      return vec4(0.0, 0.0, 0.0, 0.0);
    } else if(v > FLOAT_MAX) {
      return vec4(0.0, 0.0, 128.0, 127.0) / 255.0;
    } else if(v < -FLOAT_MAX) {
      return vec4(0.0, 0.0,  128.0, 255.0) / 255.0;
    }

    highp vec4 c = vec4(0,0,0,0);

    highp float e = floor(log2(av));
    highp float m = exp2(fract(log2(av))) - 1.0;

    c[2] = floor(128.0 * m);
    m -= c[2] / 128.0;
    c[1] = floor(32768.0 * m);
    m -= c[1] / 32768.0;
    c[0] = floor(8388608.0 * m);

    highp float ebias = e + 127.0;
    c[3] = floor(ebias / 2.0);
    ebias -= c[3] * 2.0;
    c[2] += floor(ebias) * 128.0;

    c[3] += 128.0 * step(0.0, -v);

    return c / 255.0;
  }
`;var{getBroadcastDims:Co}=R;function To(t,e,r){let o=[];if(t.forEach(h=>{let f=m.sizeFromShape(h.shapeInfo.logicalShape);if(h.shapeInfo.isUniform?o.push(`uniform float ${h.name}${f>1?`[${f}]`:""};`):(o.push(`uniform sampler2D ${h.name};`),o.push(`uniform int offset${h.name};`)),r.enableShapeUniforms){let{uniformShape:C}=Ze(r.packedInputs,h.shapeInfo.logicalShape,h.shapeInfo.texShape);switch(C.length){case 1:o.push(`uniform int ${h.name}Shape;`);break;case 2:o.push(`uniform ivec2 ${h.name}Shape;`);break;case 3:o.push(`uniform ivec3 ${h.name}Shape;`);break;case 4:o.push(`uniform ivec4 ${h.name}Shape;`);break;default:break}o.push(`uniform ivec2 ${h.name}TexShape;`)}}),r.enableShapeUniforms){switch(e.logicalShape.length){case 1:o.push("uniform int outShape;");break;case 2:o.push("uniform ivec2 outShape;"),o.push("uniform int outShapeStrides;");break;case 3:o.push("uniform ivec3 outShape;"),o.push("uniform ivec2 outShapeStrides;");break;case 4:o.push("uniform ivec4 outShape;"),o.push("uniform ivec3 outShapeStrides;");break;default:break}o.push("uniform ivec2 outTexShape;")}r.customUniforms&&r.customUniforms.forEach(h=>{o.push(`uniform ${h.type} ${h.name}${h.arrayIndex?`[${h.arrayIndex}]`:""};`)});let n=o.join(`
`),i=t.map(h=>Bn(h,e,r.packedInputs,r.enableShapeUniforms)).join(`
`),a=e.texShape,l=D(),s=Wn(l),u,c,p=zn(l);return e.isPacked?(u=kn(e.logicalShape,a,r.enableShapeUniforms),c=Gn(l)):(u=Mn(e.logicalShape,a,r.enableShapeUniforms),c=Vn(l)),r.packedInputs&&(p+=Yn),[p,s,c,n,u,i,r.userCode].join(`
`)}function Te(t,e=!1){let r=t.shapeInfo.logicalShape;switch(r.length){case 0:return ai(t,e);case 1:return li(t,e);case 2:return ci(t,e);case 3:return di(t,e);case 4:return fi(t,e);case 5:return xi(t);case 6:return mi(t);default:throw new Error(`${r.length}-D input sampling is not yet supported`)}}function $o(t,e){switch(t.shapeInfo.logicalShape.length){case 0:return ii(t);case 1:return si(t,e);case 2:return ui(t,e);case 3:return pi(t,e);default:return hi(t,e)}}function Bn(t,e,r=!1,o){let n="";r?n+=$o(t,o):n+=Te(t,o);let i=t.shapeInfo.logicalShape,a=e.logicalShape;return i.length<=a.length&&(r?n+=gi(t,e):n+=Ci(t,e)),n}function kn(t,e,r){switch(t.length){case 0:return Eo();case 1:return qn(t,e,r);case 2:return oi(t,e,r);case 3:return Qn(t,e,r);default:return Jn(t,e,r)}}function Mn(t,e,r){switch(t.length){case 0:return Eo();case 1:return jn(t,e,r);case 2:return ni(t,e,r);case 3:return Zn(t,e,r);case 4:return ei(t,e,r);case 5:return ti(t,e);case 6:return ri(t,e);default:throw new Error(`${t.length}-D output sampling is not yet supported`)}}function Wn(t){return`
    float sampleTexture(sampler2D textureSampler, vec2 uv) {
      return ${t.texture2D}(textureSampler, uv).r;
    }
  `}function Vn(t){return`
    void setOutput(float val) {
      ${t.output} = vec4(val, 0, 0, 0);
    }
  `}function Gn(t){return`
    void setOutput(vec4 val) {
      ${t.output} = val;
    }
  `}function zn(t){return`${t.version}
    precision highp float;
    precision highp int;
    precision highp sampler2D;
    ${t.varyingFs} vec2 resultUV;
    ${t.defineOutput}
    const vec2 halfCR = vec2(0.5, 0.5);

    struct ivec5
    {
      int x;
      int y;
      int z;
      int w;
      int u;
    };

    struct ivec6
    {
      int x;
      int y;
      int z;
      int w;
      int u;
      int v;
    };

    uniform float NAN;
    ${t.defineSpecialNaN}
    ${t.defineSpecialInf}
    ${t.defineRound}

    int imod(int x, int y) {
      return x - y * (x / y);
    }

    int idiv(int a, int b, float sign) {
      int res = a / b;
      int mod = imod(a, b);
      if (sign < 0. && mod != 0) {
        res -= 1;
      }
      return res;
    }

    //Based on the work of Dave Hoskins
    //https://www.shadertoy.com/view/4djSRW
    #define HASHSCALE1 443.8975
    float random(float seed){
      vec2 p = resultUV * seed;
      vec3 p3  = fract(vec3(p.xyx) * HASHSCALE1);
      p3 += dot(p3, p3.yzx + 19.19);
      return fract((p3.x + p3.y) * p3.z);
    }

    ${Xn}
    ${Hn}
    ${Kn}
  `}var Xn=`
vec2 uvFromFlat(int texNumR, int texNumC, int index) {
  int texR = index / texNumC;
  int texC = index - texR * texNumC;
  return (vec2(texC, texR) + halfCR) / vec2(texNumC, texNumR);
}
vec2 packedUVfrom1D(int texNumR, int texNumC, int index) {
  int texelIndex = index / 2;
  int texR = texelIndex / texNumC;
  int texC = texelIndex - texR * texNumC;
  return (vec2(texC, texR) + halfCR) / vec2(texNumC, texNumR);
}
`,Hn=`
vec2 packedUVfrom2D(int texelsInLogicalRow, int texNumR,
  int texNumC, int row, int col) {
  int texelIndex = (row / 2) * texelsInLogicalRow + (col / 2);
  int texR = texelIndex / texNumC;
  int texC = texelIndex - texR * texNumC;
  return (vec2(texC, texR) + halfCR) / vec2(texNumC, texNumR);
}
`,Kn=`
vec2 packedUVfrom3D(int texNumR, int texNumC,
    int texelsInBatch, int texelsInLogicalRow, int b,
    int row, int col) {
  int index = b * texelsInBatch + (row / 2) * texelsInLogicalRow + (col / 2);
  int texR = index / texNumC;
  int texC = index - texR * texNumC;
  return (vec2(texC, texR) + halfCR) / vec2(texNumC, texNumR);
}
`,Yn=`
  float getChannel(vec4 frag, vec2 innerDims) {
    vec2 modCoord = mod(innerDims, 2.);
    return modCoord.x == 0. ?
      (modCoord.y == 0. ? frag.r : frag.g) :
      (modCoord.y == 0. ? frag.b : frag.a);
  }
  float getChannel(vec4 frag, int dim) {
    float modCoord = mod(float(dim), 2.);
    return modCoord == 0. ? frag.r : frag.g;
  }
`;function Eo(){return`
    int getOutputCoords() {
      return 0;
    }
  `}function qn(t,e,r){let o=[Math.ceil(e[0]/2),Math.ceil(e[1]/2)];return o[0]===1?r?`
      int getOutputCoords() {
        return 2 * int(resultUV.x * ceil(float(outTexShape[1]) / 2.0));
      }
    `:`
      int getOutputCoords() {
        return 2 * int(resultUV.x * ${o[1]}.0);
      }
    `:o[1]===1?r?`
      int getOutputCoords() {
        return 2 * int(resultUV.y * ceil(float(outTexShape[0]) / 2.0));
      }
    `:`
      int getOutputCoords() {
        return 2 * int(resultUV.y * ${o[0]}.0);
      }
    `:r?`
    int getOutputCoords() {
      ivec2 packedTexShape = ivec2(ceil(float(outTexShape[0]) / 2.0), ceil(float(outTexShape[1]) / 2.0));
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(packedTexShape[0], packedTexShape[1]));
      return 2 * (resTexRC.x * packedTexShape[1] + resTexRC.y);
    }
  `:`
    int getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(${o[0]}, ${o[1]}));
      return 2 * (resTexRC.x * ${o[1]} + resTexRC.y);
    }
  `}function jn(t,e,r){return e[0]===1?r?`
      int getOutputCoords() {
        return int(resultUV.x * float(outTexShape[1]));
      }
    `:`
      int getOutputCoords() {
        return int(resultUV.x * ${e[1]}.0);
      }
    `:e[1]===1?r?`
      int getOutputCoords() {
        return int(resultUV.y * float(outTexShape[0]));
      }
    `:`
      int getOutputCoords() {
        return int(resultUV.y * ${e[0]}.0);
      }
    `:r?`
    int getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(outTexShape[0], outTexShape[1]));
      return resTexRC.x * outTexShape[1] + resTexRC.y;
    }
  `:`
    int getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(${e[0]}, ${e[1]}));
      return resTexRC.x * ${e[1]} + resTexRC.y;
    }
  `}function Qn(t,e,r){if(r)return`
    ivec3 getOutputCoords() {
      ivec2 packedTexShape = ivec2(ceil(float(outTexShape[0]) / 2.0), ceil(float(outTexShape[1]) / 2.0));
      int texelsInLogicalRow = int(ceil(float(outShape[2]) / 2.0));
      int texelsInBatch = texelsInLogicalRow * int(ceil(float(outShape[1]) / 2.0));
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(packedTexShape[0], packedTexShape[1]));
      int index = resTexRC.x * packedTexShape[1] + resTexRC.y;

      int b = index / texelsInBatch;
      index -= b * texelsInBatch;

      int r = 2 * (index / texelsInLogicalRow);
      int c = imod(index, texelsInLogicalRow) * 2;

      return ivec3(b, r, c);
    }
  `;let o=[Math.ceil(e[0]/2),Math.ceil(e[1]/2)],n=Math.ceil(t[2]/2),i=n*Math.ceil(t[1]/2);return`
    ivec3 getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(${o[0]}, ${o[1]}));
      int index = resTexRC.x * ${o[1]} + resTexRC.y;

      int b = index / ${i};
      index -= b * ${i};

      int r = 2 * (index / ${n});
      int c = imod(index, ${n}) * 2;

      return ivec3(b, r, c);
    }
  `}function Zn(t,e,r){if(r)return`
  ivec3 getOutputCoords() {
    ivec2 resTexRC = ivec2(resultUV.yx *
                           vec2(outTexShape[0], outTexShape[1]));
    int index = resTexRC.x * outTexShape[1] + resTexRC.y;
    ${ae(["r","c","d"],t)}
    return ivec3(r, c, d);
  }
`;let o=z(["r","c","d"],t);return`
    ivec3 getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(${e[0]}, ${e[1]}));
      int index = resTexRC.x * ${e[1]} + resTexRC.y;
      ${o}
      return ivec3(r, c, d);
    }
  `}function Jn(t,e,r){if(r)return`
    ivec4 getOutputCoords() {
      ivec2 packedTexShape = ivec2(ceil(float(outTexShape[0]) / 2.0), ceil(float(outTexShape[1]) / 2.0));
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(packedTexShape[0], packedTexShape[1]));
      int index = resTexRC.x * packedTexShape[1] + resTexRC.y;

      int texelsInLogicalRow = int(ceil(float(outShape[3]) / 2.0));
      int texelsInBatch = texelsInLogicalRow * int(ceil(float(outShape[2]) / 2.0));
      int texelsInBatchN = texelsInBatch * outShape[1];

      int b2 = index / texelsInBatchN;
      index -= b2 * texelsInBatchN;

      int b = index / texelsInBatch;
      index -= b * texelsInBatch;

      int r = 2 * (index / texelsInLogicalRow);
      int c = imod(index, texelsInLogicalRow) * 2;

      return ivec4(b2, b, r, c);
    }
  `;let o=[Math.ceil(e[0]/2),Math.ceil(e[1]/2)],n=Math.ceil(t[t.length-1]/2),i=n*Math.ceil(t[t.length-2]/2),a=i,l="",s="b, r, c";for(let u=2;u<t.length-1;u++)a*=t[t.length-u-1],l=`
      int b${u} = index / ${a};
      index -= b${u} * ${a};
    `+l,s=`b${u}, `+s;return`
    ivec${t.length} getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(${o[0]}, ${o[1]}));
      int index = resTexRC.x * ${o[1]} + resTexRC.y;

      ${l}

      int b = index / ${i};
      index -= b * ${i};

      int r = 2 * (index / ${n});
      int c = imod(index, ${n}) * 2;

      return ivec${t.length}(${s});
    }
  `}function ei(t,e,r){if(r)return`
    ivec4 getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
        vec2(outTexShape[0], outTexShape[1]));
      int index = resTexRC.x * outTexShape[1] + resTexRC.y;
      ${ae(["r","c","d","d2"],t)}
      return ivec4(r, c, d, d2);
    }
  `;let o=z(["r","c","d","d2"],t);return`
    ivec4 getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
        vec2(${e[0]}, ${e[1]}));
      int index = resTexRC.x * ${e[1]} + resTexRC.y;
      ${o}
      return ivec4(r, c, d, d2);
    }
  `}function ti(t,e){let r=z(["r","c","d","d2","d3"],t);return`
    ivec5 getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx * vec2(${e[0]},
                             ${e[1]}));

      int index = resTexRC.x * ${e[1]} + resTexRC.y;

      ${r}

      ivec5 outShape = ivec5(r, c, d, d2, d3);
      return outShape;
    }
  `}function ri(t,e){let r=z(["r","c","d","d2","d3","d4"],t);return`
    ivec6 getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
        vec2(${e[0]}, ${e[1]}));
      int index = resTexRC.x * ${e[1]} + resTexRC.y;

      ${r}

      ivec6 result = ivec6(r, c, d, d2, d3, d4);
      return result;
    }
  `}function oi(t,e,r){let o=[Math.ceil(e[0]/2),Math.ceil(e[1]/2)];if(m.arraysEqual(t,e))return r?`
      ivec2 getOutputCoords() {
        ivec2 packedTexShape = ivec2(ceil(float(outTexShape[0]) / 2.0), ceil(float(outTexShape[1]) / 2.0));
        return 2 * ivec2(resultUV.yx * vec2(packedTexShape[0], packedTexShape[1]));
      }
    `:`
      ivec2 getOutputCoords() {
        return 2 * ivec2(resultUV.yx * vec2(${o[0]}, ${o[1]}));
      }
    `;let n=Math.ceil(t[1]/2);return r?`
    ivec2 getOutputCoords() {
      ivec2 packedTexShape = ivec2(ceil(float(outTexShape[0]) / 2.0), ceil(float(outTexShape[1]) / 2.0));
      int texelsInLogicalRow = int(ceil(float(outShape[1]) / 2.0));
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(packedTexShape[0], packedTexShape[1]));

      int index = resTexRC.x * packedTexShape[1] + resTexRC.y;
      int r = 2 * (index / texelsInLogicalRow);
      int c = imod(index, texelsInLogicalRow) * 2;

      return ivec2(r, c);
    }
  `:`
    ivec2 getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(${o[0]}, ${o[1]}));

      int index = resTexRC.x * ${o[1]} + resTexRC.y;
      int r = 2 * (index / ${n});
      int c = imod(index, ${n}) * 2;

      return ivec2(r, c);
    }
  `}function ni(t,e,r){return m.arraysEqual(t,e)?r?`
      ivec2 getOutputCoords() {
        return ivec2(resultUV.yx * vec2(outTexShape[0], outTexShape[1]));
      }
    `:`
      ivec2 getOutputCoords() {
        return ivec2(resultUV.yx * vec2(${e[0]}, ${e[1]}));
      }
    `:t[1]===1?r?`
      ivec2 getOutputCoords() {
        ivec2 resTexRC = ivec2(resultUV.yx *
                               vec2(outTexShape[0], outTexShape[1]));
        int index = resTexRC.x * outTexShape[1] + resTexRC.y;
        return ivec2(index, 0);
      }
    `:`
      ivec2 getOutputCoords() {
        ivec2 resTexRC = ivec2(resultUV.yx *
                               vec2(${e[0]}, ${e[1]}));
        int index = resTexRC.x * ${e[1]} + resTexRC.y;
        return ivec2(index, 0);
      }
    `:t[0]===1?r?`
      ivec2 getOutputCoords() {
        ivec2 resTexRC = ivec2(resultUV.yx *
                               vec2(outTexShape[0], outTexShape[1]));
        int index = resTexRC.x * outTexShape[1] + resTexRC.y;
        return ivec2(0, index);
      }
    `:`
      ivec2 getOutputCoords() {
        ivec2 resTexRC = ivec2(resultUV.yx *
                               vec2(${e[0]}, ${e[1]}));
        int index = resTexRC.x * ${e[1]} + resTexRC.y;
        return ivec2(0, index);
      }
    `:r?`
    ivec2 getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(outTexShape[0], outTexShape[1]));
      int index = resTexRC.x * outTexShape[1] + resTexRC.y;
      int r = index / outShape[1];
      int c = index - r * outShape[1];
      return ivec2(r, c);
    }
  `:`
    ivec2 getOutputCoords() {
      ivec2 resTexRC = ivec2(resultUV.yx *
                             vec2(${e[0]}, ${e[1]}));
      int index = resTexRC.x * ${e[1]} + resTexRC.y;
      int r = index / ${t[1]};
      int c = index - r * ${t[1]};
      return ivec2(r, c);
    }
  `}function se(t){return`offset${t}`}function ii(t){let e=t.name,r="get"+e.charAt(0).toUpperCase()+e.slice(1),o=D();return`
    vec4 ${r}() {
      return ${o.texture2D}(${e}, halfCR);
    }
  `}function ai(t,e){let r=t.name,o="get"+r.charAt(0).toUpperCase()+r.slice(1);if(t.shapeInfo.isUniform)return`float ${o}() {return ${r};}`;let[n,i]=t.shapeInfo.texShape;if(n===1&&i===1)return`
      float ${o}() {
        return sampleTexture(${r}, halfCR);
      }
    `;let a=se(r);if(e)return`
    float ${o}() {
      vec2 uv = uvFromFlat(${r}TexShape[0], ${r}TexShape[1], ${a});
      return sampleTexture(${r}, uv);
    }
  `;let[l,s]=t.shapeInfo.texShape;return`
    float ${o}() {
      vec2 uv = uvFromFlat(${l}, ${s}, ${a});
      return sampleTexture(${r}, uv);
    }
  `}function si(t,e){let r=t.name,o="get"+r.charAt(0).toUpperCase()+r.slice(1),n=t.shapeInfo.texShape,i=D();if(e)return`
    vec4 ${o}(int index) {
      ivec2 packedTexShape = ivec2(ceil(float(${r}TexShape[0]) / 2.0), ceil(float(${r}TexShape[1]) / 2.0));
      vec2 uv = packedUVfrom1D(
        packedTexShape[0], packedTexShape[1], index);
      return ${i.texture2D}(${r}, uv);
    }
  `;let a=[Math.ceil(n[0]/2),Math.ceil(n[1]/2)];return`
    vec4 ${o}(int index) {
      vec2 uv = packedUVfrom1D(
        ${a[0]}, ${a[1]}, index);
      return ${i.texture2D}(${r}, uv);
    }
  `}function li(t,e){let r=t.name,o="get"+r.charAt(0).toUpperCase()+r.slice(1);if(t.shapeInfo.isUniform)return`
      float ${o}(int index) {
        ${$e(t)}
      }
    `;let n=t.shapeInfo.texShape,i=n[0],a=n[1];if(a===1&&i===1)return`
      float ${o}(int index) {
        return sampleTexture(${r}, halfCR);
      }
    `;let l=se(r);return a===1?e?`
      float ${o}(int index) {
        vec2 uv = vec2(0.5, (float(index + ${l}) + 0.5) / float(${r}TexShape[0]));
        return sampleTexture(${r}, uv);
      }
    `:`
      float ${o}(int index) {
        vec2 uv = vec2(0.5, (float(index + ${l}) + 0.5) / ${i}.0);
        return sampleTexture(${r}, uv);
      }
    `:i===1?e?`
      float ${o}(int index) {
        vec2 uv = vec2((float(index + ${l}) + 0.5) / float(${r}TexShape[1]), 0.5);
        return sampleTexture(${r}, uv);
      }
    `:`
      float ${o}(int index) {
        vec2 uv = vec2((float(index + ${l}) + 0.5) / ${a}.0, 0.5);
        return sampleTexture(${r}, uv);
      }
    `:e?`
    float ${o}(int index) {
      vec2 uv = uvFromFlat(${r}TexShape[0], ${r}TexShape[1], index + ${l});
      return sampleTexture(${r}, uv);
    }
  `:`
    float ${o}(int index) {
      vec2 uv = uvFromFlat(${i}, ${a}, index + ${l});
      return sampleTexture(${r}, uv);
    }
  `}function ui(t,e){let r=t.shapeInfo.logicalShape,o=t.name,n="get"+o.charAt(0).toUpperCase()+o.slice(1),i=t.shapeInfo.texShape,a=i[0],l=i[1],s=D();if(i!=null&&m.arraysEqual(r,i))return e?`
      vec4 ${n}(int row, int col) {
        vec2 uv = (vec2(col, row) + halfCR) / vec2(${o}TexShape[1], ${o}TexShape[0]);

        return ${s.texture2D}(${o}, uv);
      }
    `:`
      vec4 ${n}(int row, int col) {
        vec2 uv = (vec2(col, row) + halfCR) / vec2(${l}.0, ${a}.0);

        return ${s.texture2D}(${o}, uv);
      }
    `;if(e)return`
    vec4 ${n}(int row, int col) {
      ivec2 packedTexShape = ivec2(ceil(float(${o}TexShape[0]) / 2.0), ceil(float(${o}TexShape[1]) / 2.0));
      int valuesPerRow = int(ceil(float(${o}Shape[1]) / 2.0));
      vec2 uv = packedUVfrom2D(valuesPerRow, packedTexShape[0], packedTexShape[1], row, col);
      return ${s.texture2D}(${o}, uv);
    }
  `;let u=[Math.ceil(i[0]/2),Math.ceil(i[1]/2)],c=Math.ceil(r[1]/2);return`
    vec4 ${n}(int row, int col) {
      vec2 uv = packedUVfrom2D(${c}, ${u[0]}, ${u[1]}, row, col);
      return ${s.texture2D}(${o}, uv);
    }
  `}function ci(t,e){let r=t.shapeInfo.logicalShape,o=t.name,n="get"+o.charAt(0).toUpperCase()+o.slice(1),i=t.shapeInfo.texShape;if(i!=null&&m.arraysEqual(r,i)){if(e)return`
      float ${n}(int row, int col) {
        vec2 uv = (vec2(col, row) + halfCR) / vec2(${o}TexShape[1], ${o}TexShape[0]);
        return sampleTexture(${o}, uv);
      }
    `;let d=i[0],h=i[1];return`
    float ${n}(int row, int col) {
      vec2 uv = (vec2(col, row) + halfCR) / vec2(${h}.0, ${d}.0);
      return sampleTexture(${o}, uv);
    }
  `}let{newShape:a,keptDims:l}=m.squeezeShape(r),s=a;if(s.length<r.length){let d=Ee(t,s),h=["row","col"];return`
      ${Te(d,e)}
      float ${n}(int row, int col) {
        return ${n}(${ve(h,l)});
      }
    `}if(t.shapeInfo.isUniform)return`
      float ${n}(int row, int col) {
        int index = round(dot(vec2(row, col), vec2(${r[1]}, 1)));
        ${$e(t)}
      }
    `;let u=i[0],c=i[1],p=se(o);return c===1?e?`
      float ${n}(int row, int col) {
        float index = dot(vec3(row, col, ${p}), vec3(${o}Shape[1], 1, 1));
        vec2 uv = vec2(0.5, (index + 0.5) / float(${o}TexShape[0]));
        return sampleTexture(${o}, uv);
      }
    `:`
    float ${n}(int row, int col) {
      float index = dot(vec3(row, col, ${p}), vec3(${r[1]}, 1, 1));
      vec2 uv = vec2(0.5, (index + 0.5) / ${u}.0);
      return sampleTexture(${o}, uv);
    }
  `:u===1?e?`
      float ${n}(int row, int col) {
        float index = dot(vec3(row, col, ${p}), vec3(${o}Shape[1], 1, 1));
        vec2 uv = vec2((index + 0.5) / float(${o}TexShape[1]), 0.5);
        return sampleTexture(${o}, uv);
      }
    `:`
    float ${n}(int row, int col) {
      float index = dot(vec3(row, col, ${p}), vec3(${r[1]}, 1, 1));
      vec2 uv = vec2((index + 0.5) / ${c}.0, 0.5);
      return sampleTexture(${o}, uv);
    }
  `:e?`
      float ${n}(int row, int col) {
        // Explicitly use integer operations as dot() only works on floats.
        int index = row * ${o}Shape[1] + col + ${p};
        vec2 uv = uvFromFlat(${o}TexShape[0], ${o}TexShape[1], index);
        return sampleTexture(${o}, uv);
      }
    `:`
  float ${n}(int row, int col) {
    // Explicitly use integer operations as dot() only works on floats.
    int index = row * ${r[1]} + col + ${p};
    vec2 uv = uvFromFlat(${u}, ${c}, index);
    return sampleTexture(${o}, uv);
  }
`}function pi(t,e){let r=t.shapeInfo.logicalShape,o=t.name,n="get"+o.charAt(0).toUpperCase()+o.slice(1),i=t.shapeInfo.texShape,a=[Math.ceil(i[0]/2),Math.ceil(i[1]/2)];if(r[0]===1){let d=r.slice(1),h=[1,2],f=Ee(t,d),C=["b","row","col"];return`
        ${$o(f,e)}
        vec4 ${n}(int b, int row, int col) {
          return ${n}(${ve(C,h)});
        }
      `}let l=D();if(e)return`
    vec4 ${n}(int b, int row, int col) {
      ivec2 packedTexShape = ivec2(ceil(float(${o}TexShape[0]) / 2.0), ceil(float(${o}TexShape[1]) / 2.0));
      int valuesPerRow = int(ceil(float(${o}Shape[2]) / 2.0));
      int texelsInBatch = valuesPerRow * int(ceil(float(${o}Shape[1]) / 2.0));
      vec2 uv = packedUVfrom3D(
        packedTexShape[0], packedTexShape[1], texelsInBatch, valuesPerRow, b, row, col);
      return ${l.texture2D}(${o}, uv);
    }
  `;let s=a[0],u=a[1],c=Math.ceil(r[2]/2),p=c*Math.ceil(r[1]/2);return`
    vec4 ${n}(int b, int row, int col) {
      vec2 uv = packedUVfrom3D(
        ${s}, ${u}, ${p}, ${c}, b, row, col);
      return ${l.texture2D}(${o}, uv);
    }
  `}function di(t,e){let r=t.shapeInfo.logicalShape,o=t.name,n="get"+o.charAt(0).toUpperCase()+o.slice(1),i=r[1]*r[2],a=r[2],{newShape:l,keptDims:s}=m.squeezeShape(r),u=l;if(u.length<r.length){let C=Ee(t,u),g=["row","col","depth"];return`
        ${Te(C,e)}
        float ${n}(int row, int col, int depth) {
          return ${n}(${ve(g,s)});
        }
      `}if(t.shapeInfo.isUniform)return`
      float ${n}(int row, int col, int depth) {
        int index = round(dot(vec3(row, col, depth),
                          vec3(${i}, ${a}, 1)));
        ${$e(t)}
      }
    `;let c=t.shapeInfo.texShape,p=c[0],d=c[1],h=t.shapeInfo.flatOffset;if(d===i&&h==null)return e?`
      float ${n}(int row, int col, int depth) {
        int stride1 = ${o}Shape[2];
        float texR = float(row);
        float texC = dot(vec2(col, depth), vec2(stride1, 1));
        vec2 uv = (vec2(texC, texR) + halfCR) /
                   vec2(${o}TexShape[1], ${o}TexShape[0]);
        return sampleTexture(${o}, uv);
      }
    `:`
        float ${n}(int row, int col, int depth) {
          float texR = float(row);
          float texC = dot(vec2(col, depth), vec2(${a}, 1));
          vec2 uv = (vec2(texC, texR) + halfCR) /
                     vec2(${d}.0, ${p}.0);
          return sampleTexture(${o}, uv);
        }
      `;if(d===a&&h==null)return e?`
      float ${n}(int row, int col, int depth) {
        float texR = dot(vec2(row, col), vec2(${o}Shape[1], 1));
        float texC = float(depth);
        vec2 uv = (vec2(texC, texR) + halfCR) / vec2(${o}TexShape[1], ${o}TexShape[0]);
        return sampleTexture(${o}, uv);
      }
    `:`
    float ${n}(int row, int col, int depth) {
      float texR = dot(vec2(row, col), vec2(${r[1]}, 1));
      float texC = float(depth);
      vec2 uv = (vec2(texC, texR) + halfCR) / vec2(${d}.0, ${p}.0);
      return sampleTexture(${o}, uv);
    }
  `;let f=se(o);return e?`
    float ${n}(int row, int col, int depth) {
      // Explicitly use integer operations as dot() only works on floats.
      int stride0 = ${o}Shape[1] * ${o}Shape[2];
      int stride1 = ${o}Shape[2];
      int index = row * stride0 + col * stride1 + depth + ${f};
      vec2 uv = uvFromFlat(${o}TexShape[0], ${o}TexShape[1], index);
      return sampleTexture(${o}, uv);
    }
    `:`
      float ${n}(int row, int col, int depth) {
        // Explicitly use integer operations as dot() only works on floats.
        int index = row * ${i} + col * ${a} + depth + ${f};
        vec2 uv = uvFromFlat(${p}, ${d}, index);
        return sampleTexture(${o}, uv);
      }
  `}function hi(t,e){let r=t.name,o="get"+r.charAt(0).toUpperCase()+r.slice(1),n=D();if(e)return`
    vec4 ${o}(int b2, int b, int row, int col) {
      int valuesPerRow = int(ceil(float(${r}Shape[3]) / 2.0));
      int texelsInBatch = valuesPerRow * int(ceil(float(${r}Shape[2]) / 2.0));
      int index = b * texelsInBatch + (row / 2) * valuesPerRow + (col / 2);
      texelsInBatch *= ${r}Shape[1];
      index = b2 * texelsInBatch + index;
      ivec2 packedTexShape = ivec2(ceil(float(${r}TexShape[0]) / 2.0), ceil(float(${r}TexShape[1]) / 2.0));
      int texR = index / packedTexShape[1];
      int texC = index - texR * packedTexShape[1];
      vec2 uv = (vec2(texC, texR) + halfCR) / vec2(packedTexShape[1], packedTexShape[0]); return ${n.texture2D}(${r}, uv);
    }
  `;let i=t.shapeInfo.logicalShape,a=i.length,l=t.shapeInfo.texShape,s=[Math.ceil(l[0]/2),Math.ceil(l[1]/2)],u=s[0],c=s[1],p=Math.ceil(i[a-1]/2),d=p*Math.ceil(i[a-2]/2),h="int b, int row, int col",f=`b * ${d} + (row / 2) * ${p} + (col / 2)`;for(let C=2;C<a-1;C++)h=`int b${C}, `+h,d*=i[a-C-1],f=`b${C} * ${d} + `+f;return`
    vec4 ${o}(${h}) {
      int index = ${f};
      int texR = index / ${c};
      int texC = index - texR * ${c};
      vec2 uv = (vec2(texC, texR) + halfCR) / vec2(${c}, ${u});
      return ${n.texture2D}(${r}, uv);
    }
  `}function fi(t,e){let r=t.shapeInfo.logicalShape,o=t.name,n="get"+o.charAt(0).toUpperCase()+o.slice(1),i=r[3],a=r[2]*i,l=r[1]*a,{newShape:s,keptDims:u}=m.squeezeShape(r);if(s.length<r.length){let E=Ee(t,s),b=["row","col","depth","depth2"];return`
      ${Te(E,e)}
      float ${n}(int row, int col, int depth, int depth2) {
        return ${n}(${ve(b,u)});
      }
    `}if(t.shapeInfo.isUniform)return`
      float ${n}(int row, int col, int depth, int depth2) {
        int index = round(dot(vec4(row, col, depth, depth2),
                          vec4(${l}, ${a}, ${i}, 1)));
        ${$e(t)}
      }
    `;let c=t.shapeInfo.flatOffset,p=t.shapeInfo.texShape,d=p[0],h=p[1],f=`int stride2 = ${o}Shape[3];`,C=`int stride1 = ${o}Shape[2] * stride2;`,g=`int stride0 = ${o}Shape[1] * stride1;`;if(h===l&&c==null)return e?`
      float ${n}(int row, int col, int depth, int depth2) {
        ${f}
        ${C}
        float texR = float(row);
        float texC =
            dot(vec3(col, depth, depth2),
                vec3(stride1, stride2, 1));
        vec2 uv = (vec2(texC, texR) + halfCR) /
                   vec2(${o}TexShape[1], ${o}TexShape[0]);
        return sampleTexture(${o}, uv);
      }
    `:`
      float ${n}(int row, int col, int depth, int depth2) {
        float texR = float(row);
        float texC =
            dot(vec3(col, depth, depth2),
                vec3(${a}, ${i}, 1));
        vec2 uv = (vec2(texC, texR) + halfCR) /
                   vec2(${h}.0, ${d}.0);
        return sampleTexture(${o}, uv);
      }
    `;if(h===i&&c==null)return e?`
      float ${n}(int row, int col, int depth, int depth2) {
        float texR = dot(vec3(row, col, depth),
                         vec3(${o}Shape[1] * ${o}Shape[2], ${o}Shape[2], 1));
        float texC = float(depth2);
        vec2 uv = (vec2(texC, texR) + halfCR) /
                  vec2(${o}TexShape[1], ${o}TexShape[0]);
        return sampleTexture(${o}, uv);
      }
    `:`
      float ${n}(int row, int col, int depth, int depth2) {
        float texR = dot(vec3(row, col, depth),
                         vec3(${r[1]*r[2]}, ${r[2]}, 1));
        float texC = float(depth2);
        vec2 uv = (vec2(texC, texR) + halfCR) /
                  vec2(${h}.0, ${d}.0);
        return sampleTexture(${o}, uv);
      }
    `;let x=se(o);return e?`
    float ${n}(int row, int col, int depth, int depth2) {
      // Explicitly use integer operations as dot() only works on floats.
      ${f}
      ${C}
      ${g}
      int index = row * stride0 + col * stride1 +
          depth * stride2 + depth2;
      vec2 uv = uvFromFlat(${o}TexShape[0], ${o}TexShape[1], index + ${x});
      return sampleTexture(${o}, uv);
    }
  `:`
    float ${n}(int row, int col, int depth, int depth2) {
      // Explicitly use integer operations as dot() only works on floats.
      int index = row * ${l} + col * ${a} +
          depth * ${i} + depth2;
      vec2 uv = uvFromFlat(${d}, ${h}, index + ${x});
      return sampleTexture(${o}, uv);
    }
  `}function xi(t){let e=t.shapeInfo.logicalShape,r=t.name,o="get"+r.charAt(0).toUpperCase()+r.slice(1),n=e[4],i=e[3]*n,a=e[2]*i,l=e[1]*a,{newShape:s,keptDims:u}=m.squeezeShape(e);if(s.length<e.length){let C=Ee(t,s),g=["row","col","depth","depth2","depth3"];return`
      ${Te(C)}
      float ${o}(int row, int col, int depth, int depth2, int depth3) {
        return ${o}(${ve(g,u)});
      }
    `}if(t.shapeInfo.isUniform)return`
      float ${o}(int row, int col, int depth, int depth2, int depth3) {
        float index = dot(
          vec4(row, col, depth, depth2),
          vec4(${l}, ${a}, ${i}, ${n})) +
          depth3;
        ${$e(t)}
      }
    `;let c=t.shapeInfo.flatOffset,p=t.shapeInfo.texShape,d=p[0],h=p[1];if(h===l&&c==null)return`
      float ${o}(int row, int col, int depth, int depth2, int depth3) {
        int texR = row;
        float texC = dot(vec4(col, depth, depth2, depth3),
                         vec4(${a}, ${i}, ${n}, 1));
        vec2 uv = (vec2(texC, texR) + halfCR) /
                   vec2(${h}.0, ${d}.0);
        return sampleTexture(${r}, uv);
      }
    `;if(h===n&&c==null)return`
      float ${o}(int row, int col, int depth, int depth2, int depth3) {
        float texR = dot(
          vec4(row, col, depth, depth2),
          vec4(${e[1]*e[2]*e[3]},
               ${e[2]*e[3]}, ${e[3]}, 1));
        int texC = depth3;
        vec2 uv = (vec2(texC, texR) + halfCR) /
                  vec2(${h}.0, ${d}.0);
        return sampleTexture(${r}, uv);
      }
    `;let f=se(r);return`
    float ${o}(int row, int col, int depth, int depth2, int depth3) {
      // Explicitly use integer operations as dot() only works on floats.
      int index = row * ${l} + col * ${a} + depth * ${i} +
          depth2 * ${n} + depth3 + ${f};
      vec2 uv = uvFromFlat(${d}, ${h}, index);
      return sampleTexture(${r}, uv);
    }
  `}function mi(t){let e=t.shapeInfo.logicalShape,r=t.name,o="get"+r.charAt(0).toUpperCase()+r.slice(1),{newShape:n,keptDims:i}=m.squeezeShape(e);if(n.length<e.length){let g=Ee(t,n),x=["row","col","depth","depth2","depth3","depth4"];return`
      ${Te(g)}
      float ${o}(int row, int col, int depth,
                    int depth2, int depth3, int depth4) {
        return ${o}(${ve(x,i)});
      }
    `}let a=e[5],l=e[4]*a,s=e[3]*l,u=e[2]*s,c=e[1]*u;if(t.shapeInfo.isUniform)return`
      float ${o}(int row, int col, int depth,
                  int depth2, int depth3, int depth4) {
        int index = round(dot(
          vec4(row, col, depth, depth2),
          vec4(${c}, ${u}, ${s}, ${l})) +
          dot(
            vec2(depth3, depth4),
            vec2(${a}, 1)));
        ${$e(t)}
      }
    `;let p=t.shapeInfo.flatOffset,d=t.shapeInfo.texShape,h=d[0],f=d[1];if(f===c&&p==null)return`
      float ${o}(int row, int col, int depth,
                    int depth2, int depth3, int depth4) {
        int texR = row;
        float texC = dot(vec4(col, depth, depth2, depth3),
          vec4(${u}, ${s}, ${l}, ${a})) +
               float(depth4);
        vec2 uv = (vec2(texC, texR) + halfCR) /
                   vec2(${f}.0, ${h}.0);
        return sampleTexture(${r}, uv);
      }
    `;if(f===a&&p==null)return`
      float ${o}(int row, int col, int depth,
                    int depth2, int depth3, int depth4) {
        float texR = dot(vec4(row, col, depth, depth2),
          vec4(${e[1]*e[2]*e[3]*e[4]},
               ${e[2]*e[3]*e[4]},
               ${e[3]*e[4]},
               ${e[4]})) + float(depth3);
        int texC = depth4;
        vec2 uv = (vec2(texC, texR) + halfCR) /
                  vec2(${f}.0, ${h}.0);
        return sampleTexture(${r}, uv);
      }
    `;let C=se(r);return`
    float ${o}(int row, int col, int depth,
                  int depth2, int depth3, int depth4) {
      // Explicitly use integer operations as dot() only works on floats.
      int index = row * ${c} + col * ${u} + depth * ${s} +
          depth2 * ${l} + depth3 * ${a} + depth4 + ${C};
      vec2 uv = uvFromFlat(${h}, ${f}, index);
      return sampleTexture(${r}, uv);
    }
  `}function $e(t){let e=t.name,r=m.sizeFromShape(t.shapeInfo.logicalShape);return r<2?`return ${e};`:`
    for (int i = 0; i < ${r}; i++) {
      if (i == index) {
        return ${e}[i];
      }
    }
  `}function gi(t,e){let r=t.name,o=r.charAt(0).toUpperCase()+r.slice(1),n="get"+o+"AtOutCoords",i=t.shapeInfo.logicalShape.length,a=e.logicalShape.length,l=Co(t.shapeInfo.logicalShape,e.logicalShape),s=P(a),u=a-i,c,p=["x","y","z","w","u","v"];i===0?c="":a<2&&l.length>=1?c="coords = 0;":c=l.map(E=>`coords.${p[E+u]} = 0;`).join(`
`);let d="";a<2&&i>0?d="coords":d=t.shapeInfo.logicalShape.map((E,b)=>`coords.${p[b+u]}`).join(", ");let h="return outputValue;",C=m.sizeFromShape(t.shapeInfo.logicalShape)===1,x=m.sizeFromShape(e.logicalShape)===1;if(i===1&&!C&&!x)h=`
      return vec4(outputValue.xy, outputValue.xy);
    `;else if(C&&!x)a===1?h=`
        return vec4(outputValue.x, outputValue.x, 0., 0.);
      `:h=`
        return vec4(outputValue.x);
      `;else if(l.length){let E=i-2,b=i-1;l.indexOf(E)>-1&&l.indexOf(b)>-1?h="return vec4(outputValue.x);":l.indexOf(E)>-1?h="return vec4(outputValue.x, outputValue.y, outputValue.x, outputValue.y);":l.indexOf(b)>-1&&(h="return vec4(outputValue.xx, outputValue.zz);")}return`
    vec4 ${n}() {
      ${s} coords = getOutputCoords();
      ${c}
      vec4 outputValue = get${o}(${d});
      ${h}
    }
  `}function Ci(t,e){let r=t.name,o=r.charAt(0).toUpperCase()+r.slice(1),n="get"+o+"AtOutCoords",i=e.texShape,a=t.shapeInfo.texShape,l=t.shapeInfo.logicalShape.length,s=e.logicalShape.length;if(!t.shapeInfo.isUniform&&l===s&&t.shapeInfo.flatOffset==null&&m.arraysEqual(a,i))return`
      float ${n}() {
        return sampleTexture(${r}, resultUV);
      }
    `;let u=P(s),c=Co(t.shapeInfo.logicalShape,e.logicalShape),p=s-l,d,h=["x","y","z","w","u","v"];l===0?d="":s<2&&c.length>=1?d="coords = 0;":d=c.map(C=>`coords.${h[C+p]} = 0;`).join(`
`);let f="";return s<2&&l>0?f="coords":f=t.shapeInfo.logicalShape.map((C,g)=>`coords.${h[g+p]}`).join(", "),`
    float ${n}() {
      ${u} coords = getOutputCoords();
      ${d}
      return get${o}(${f});
    }
  `}function P(t){if(t<=1)return"int";if(t===2)return"ivec2";if(t===3)return"ivec3";if(t===4)return"ivec4";if(t===5)return"ivec5";if(t===6)return"ivec6";throw Error(`GPU for rank ${t} is not yet supported`)}function Ze(t,e,r){let{newShape:o,keptDims:n}=m.squeezeShape(e),i=e.length,a=t&&i===3&&e[0]===1,l=a?e.slice(1):o,s=!t&&i>1&&!m.arraysEqual(e,r)&&o.length<i||a;return{useSqueezeShape:s,uniformShape:s?l:e,keptDims:n}}function Ee(t,e){let r=JSON.parse(JSON.stringify(t));return r.shapeInfo.logicalShape=e,r}function ve(t,e){return e.map(r=>t[r]).join(", ")}var be={};Wr(be,{assertNotComplex:()=>Ge,bindCanvasToFramebuffer:()=>Ii,bindColorTextureToFramebuffer:()=>Ve,bindTextureToProgramUniformSampler:()=>ir,bindTextureUnit:()=>_o,bindVertexBufferToProgramAttribute:()=>nt,callAndCheck:()=>$,canBeRepresented:()=>Kt,createFragmentShader:()=>qt,createFramebuffer:()=>rr,createProgram:()=>jt,createStaticIndexBuffer:()=>Jt,createStaticVertexBuffer:()=>Zt,createTexture:()=>er,createVertexShader:()=>Yt,getBatchDim:()=>Q,getExtensionOrThrow:()=>Se,getFramebufferErrorMessage:()=>bo,getMaxTexturesInShader:()=>lr,getNumChannels:()=>bi,getProgramUniformLocation:()=>nr,getProgramUniformLocationOrThrow:()=>or,getRowsCols:()=>Z,getShapeAs3D:()=>_e,getTextureShapeFromLogicalShape:()=>ar,getWebGLDisjointQueryTimerVersion:()=>ur,getWebGLErrorMessage:()=>Ro,getWebGLMaxTextureSize:()=>sr,hasExtension:()=>W,isCapableOfRenderingToFloatTexture:()=>cr,isDownloadFloatTextureEnabled:()=>pr,isReshapeFree:()=>re,isWebGLFenceEnabled:()=>dr,isWebGLVersionEnabled:()=>at,linkProgram:()=>Qt,logShaderSourceAndInfoLog:()=>ot,resetMaxTextureSize:()=>Ai,resetMaxTexturesInShader:()=>yi,unbindColorTextureFromFramebuffer:()=>it,unbindTextureUnit:()=>wi,validateFramebuffer:()=>Re,validateProgram:()=>We,validateTextureSize:()=>tr});var le={},Je={alpha:!1,antialias:!1,premultipliedAlpha:!1,preserveDrawingBuffer:!1,depth:!1,stencil:!1,failIfMajorPerformanceCaveat:!0};function zt(t,e){le[t]=e}function M(t,e){if(!(t in le)||e!=null){let o=Ei(t,e);if(o!==null)le[t]=o;else return console.log("Could not get context for WebGL version",t),null}let r=le[t];return r==null||r.isContextLost()?(delete le[t],M(t)):(r.disable(r.DEPTH_TEST),r.disable(r.STENCIL_TEST),r.disable(r.BLEND),r.disable(r.DITHER),r.disable(r.POLYGON_OFFSET_FILL),r.disable(r.SAMPLE_COVERAGE),r.enable(r.SCISSOR_TEST),r.enable(r.CULL_FACE),r.cullFace(r.BACK),le[t])}function $i(t){if(!T().getBool("IS_SAFARI")&&typeof OffscreenCanvas<"u"&&t===2)return new OffscreenCanvas(300,150);if(typeof document<"u")return document.createElement("canvas");throw new Error("Cannot create a canvas in this context")}function Ei(t,e){if(t!==1&&t!==2)throw new Error("Cannot get WebGL rendering context, WebGL is disabled.");let r=e??$i(t);return r.addEventListener("webglcontextlost",o=>{o.preventDefault(),delete le[t]},!1),T().getBool("SOFTWARE_WEBGL_ENABLED")&&(Je.failIfMajorPerformanceCaveat=!1),t===1?r.getContext("webgl",Je)||r.getContext("experimental-webgl",Je):r.getContext("webgl2",Je)}var te;(function(t){t[t.DENSE=0]="DENSE",t[t.SHARED_BATCH=1]="SHARED_BATCH"})(te||(te={}));var B;(function(t){t[t.RENDER=0]="RENDER",t[t.UPLOAD=1]="UPLOAD",t[t.PIXELS=2]="PIXELS",t[t.DOWNLOAD=3]="DOWNLOAD"})(B||(B={}));var L;(function(t){t[t.UNPACKED_FLOAT16=0]="UNPACKED_FLOAT16",t[t.UNPACKED_FLOAT32=1]="UNPACKED_FLOAT32",t[t.PACKED_4X1_UNSIGNED_BYTE=2]="PACKED_4X1_UNSIGNED_BYTE",t[t.PACKED_2X2_FLOAT32=3]="PACKED_2X2_FLOAT32",t[t.PACKED_2X2_FLOAT16=4]="PACKED_2X2_FLOAT16"})(L||(L={}));function ue(t,e){return[e,t]}function vo(t,e){return t*e}function ke(t){let e=m.sizeFromShape(t),r=Math.ceil(e/4);return m.sizeToSquarishShape(r)}function K(t,e){return[Math.max(1,Math.ceil(e/2)),Math.max(1,Math.ceil(t/2))]}function So(t,e){let[r,o]=K(t,e);return r*o*4}function Me(t,e){let r=t,o,n,i,a,l,s,u,c,p,d;return T().getNumber("WEBGL_VERSION")===2?(o=r.R32F,n=r.R16F,i=r.RGBA16F,a=r.RGBA32F,l=r.RED,u=4,c=1,p=r.HALF_FLOAT,d=r.FLOAT,s=r.RGBA8):(o=t.RGBA,n=t.RGBA,i=t.RGBA,a=r.RGBA,l=t.RGBA,u=4,c=4,p=e!=null?e.HALF_FLOAT_OES:null,d=t.FLOAT,s=t.RGBA),{internalFormatFloat:o,internalFormatHalfFloat:n,internalFormatPackedHalfFloat:i,internalFormatPackedFloat:a,textureFormatFloat:l,downloadTextureFormat:s,downloadUnpackNumChannels:u,defaultNumChannels:c,textureTypeHalfFloat:p,textureTypeFloat:d}}function $(t,e){let r=e();return T().getBool("DEBUG")&&vi(t),r}function vi(t){let e=t.getError();if(e!==t.NO_ERROR)throw new Error("WebGL Error: "+Ro(t,e))}var Si=596e-10,Ri=65504;function Kt(t){return!!(T().getBool("WEBGL_RENDER_FLOAT32_ENABLED")||t===0||Si<Math.abs(t)&&Math.abs(t)<Ri)}function Ro(t,e){switch(e){case t.NO_ERROR:return"NO_ERROR";case t.INVALID_ENUM:return"INVALID_ENUM";case t.INVALID_VALUE:return"INVALID_VALUE";case t.INVALID_OPERATION:return"INVALID_OPERATION";case t.INVALID_FRAMEBUFFER_OPERATION:return"INVALID_FRAMEBUFFER_OPERATION";case t.OUT_OF_MEMORY:return"OUT_OF_MEMORY";case t.CONTEXT_LOST_WEBGL:return"CONTEXT_LOST_WEBGL";default:return`Unknown error code ${e}`}}function Se(t,e){return j(t,()=>t.getExtension(e),'Extension "'+e+'" not supported on this browser.')}function Yt(t,e){let r=j(t,()=>t.createShader(t.VERTEX_SHADER),"Unable to create vertex WebGLShader.");if($(t,()=>t.shaderSource(r,e)),$(t,()=>t.compileShader(r)),t.getShaderParameter(r,t.COMPILE_STATUS)===!1)throw console.log(t.getShaderInfoLog(r)),new Error("Failed to compile vertex shader.");return r}function qt(t,e){let r=j(t,()=>t.createShader(t.FRAGMENT_SHADER),"Unable to create fragment WebGLShader.");if($(t,()=>t.shaderSource(r,e)),$(t,()=>t.compileShader(r)),T().get("ENGINE_COMPILE_ONLY"))return r;if(t.getShaderParameter(r,t.COMPILE_STATUS)===!1)throw ot(e,t.getShaderInfoLog(r)),new Error("Failed to compile fragment shader.");return r}var _i=/ERROR: [0-9]+:([0-9]+):/g;function ot(t,e){let r=_i.exec(e);if(r==null){console.log(`Couldn't parse line number in error: ${e}`),console.log(t);return}let o=+r[1],n=t.split(`
`),i=n.length.toString().length+2,a=n.map((p,d)=>m.rightPad((d+1).toString(),i)+p),l=0;for(let p=0;p<a.length;p++)l=Math.max(a[p].length,l);let s=a.slice(0,o-1),u=a.slice(o-1,o),c=a.slice(o);console.log(s.join(`
`)),console.log(e.split(`
`)[0]),console.log(`%c ${m.rightPad(u[0],l)}`,"border:1px solid red; background-color:#e3d2d2; color:#a61717"),console.log(c.join(`
`))}function jt(t){return j(t,()=>t.createProgram(),"Unable to create WebGLProgram.")}function Qt(t,e){if($(t,()=>t.linkProgram(e)),!T().get("ENGINE_COMPILE_ONLY")&&t.getProgramParameter(e,t.LINK_STATUS)===!1)throw console.log(t.getProgramInfoLog(e)),new Error("Failed to link vertex and fragment shaders.")}function We(t,e){if($(t,()=>t.validateProgram(e)),t.getProgramParameter(e,t.VALIDATE_STATUS)===!1)throw console.log(t.getProgramInfoLog(e)),new Error("Shader program validation failed.")}function Zt(t,e){let r=j(t,()=>t.createBuffer(),"Unable to create WebGLBuffer");return $(t,()=>t.bindBuffer(t.ARRAY_BUFFER,r)),$(t,()=>t.bufferData(t.ARRAY_BUFFER,e,t.STATIC_DRAW)),r}function Jt(t,e){let r=j(t,()=>t.createBuffer(),"Unable to create WebGLBuffer");return $(t,()=>t.bindBuffer(t.ELEMENT_ARRAY_BUFFER,r)),$(t,()=>t.bufferData(t.ELEMENT_ARRAY_BUFFER,e,t.STATIC_DRAW)),r}function bi(){return T().getNumber("WEBGL_VERSION")===2?1:4}function er(t){return j(t,()=>t.createTexture(),"Unable to create WebGLTexture.")}function tr(t,e){let r=T().getNumber("WEBGL_MAX_TEXTURE_SIZE");if(t<=0||e<=0){let o=`[${t}x${e}]`;throw new Error("Requested texture size "+o+" is invalid.")}if(t>r||e>r){let o=`[${t}x${e}]`,n=`[${r}x${r}]`;throw new Error("Requested texture size "+o+" greater than WebGL maximum on this browser / GPU "+n+".")}}function rr(t){return j(t,()=>t.createFramebuffer(),"Unable to create WebGLFramebuffer.")}function nt(t,e,r,o,n,i,a){let l=t.getAttribLocation(e,r);return l===-1?!1:($(t,()=>t.bindBuffer(t.ARRAY_BUFFER,o)),$(t,()=>t.vertexAttribPointer(l,n,t.FLOAT,!1,i,a)),$(t,()=>t.enableVertexAttribArray(l)),!0)}function _o(t,e,r){wo(t,r),$(t,()=>t.activeTexture(t.TEXTURE0+r)),$(t,()=>t.bindTexture(t.TEXTURE_2D,e))}function wi(t,e){wo(t,e),$(t,()=>t.activeTexture(t.TEXTURE0+e)),$(t,()=>t.bindTexture(t.TEXTURE_2D,null))}function or(t,e,r){return j(t,()=>t.getUniformLocation(e,r),'uniform "'+r+'" not present in program.')}function nr(t,e,r){return t.getUniformLocation(e,r)}function ir(t,e,r,o){$(t,()=>_o(t,e,o)),$(t,()=>t.uniform1i(r,o))}function Ii(t){$(t,()=>t.bindFramebuffer(t.FRAMEBUFFER,null)),$(t,()=>t.viewport(0,0,t.canvas.width,t.canvas.height)),$(t,()=>t.scissor(0,0,t.canvas.width,t.canvas.height))}function Ve(t,e,r){$(t,()=>t.bindFramebuffer(t.FRAMEBUFFER,r)),$(t,()=>t.framebufferTexture2D(t.FRAMEBUFFER,t.COLOR_ATTACHMENT0,t.TEXTURE_2D,e,0))}function it(t,e){$(t,()=>t.bindFramebuffer(t.FRAMEBUFFER,e)),$(t,()=>t.framebufferTexture2D(t.FRAMEBUFFER,t.COLOR_ATTACHMENT0,t.TEXTURE_2D,null,0))}function Re(t){let e=t.checkFramebufferStatus(t.FRAMEBUFFER);if(e!==t.FRAMEBUFFER_COMPLETE)throw new Error("Error binding framebuffer: "+bo(t,e))}function bo(t,e){switch(e){case t.FRAMEBUFFER_INCOMPLETE_ATTACHMENT:return"FRAMEBUFFER_INCOMPLETE_ATTACHMENT";case t.FRAMEBUFFER_INCOMPLETE_MISSING_ATTACHMENT:return"FRAMEBUFFER_INCOMPLETE_MISSING_ATTACHMENT";case t.FRAMEBUFFER_INCOMPLETE_DIMENSIONS:return"FRAMEBUFFER_INCOMPLETE_DIMENSIONS";case t.FRAMEBUFFER_UNSUPPORTED:return"FRAMEBUFFER_UNSUPPORTED";default:return`unknown error ${e}`}}function j(t,e,r){let o=$(t,()=>e());if(o==null)throw new Error(r);return o}function wo(t,e){let r=t.MAX_COMBINED_TEXTURE_IMAGE_UNITS-1,o=e+t.TEXTURE0;if(o<t.TEXTURE0||o>r){let n=`[gl.TEXTURE0, gl.TEXTURE${r}]`;throw new Error(`textureUnit must be in ${n}.`)}}function Q(t,e=2){return m.sizeFromShape(t.slice(0,t.length-e))}function Z(t){if(t.length===0)throw Error("Cannot get rows and columns of an empty shape array.");return[t.length>1?t[t.length-2]:1,t[t.length-1]]}function _e(t){let e=[1,1,1];return t.length===0||t.length===1&&t[0]===1||(e=[Q(t),...Z(t)]),e}function ar(t,e=!1){let r=T().getNumber("WEBGL_MAX_TEXTURE_SIZE"),o=T().getNumber("WEBGL_MAX_SIZE_FOR_NARROW_TEXTURE");o===1/0&&T().getBool("WEBGL_AUTO_SQUARIFY_NARROW_TEXTURE_SHAPE")&&(o=r/2),e&&(r=r*2,o=o*2,t=t.map((l,s)=>s>=t.length-2?m.nearestLargerEven(t[s]):t[s]),t.length===1&&(t=[2,t[0]])),t.length!==2&&(t=m.squeezeShape(t).newShape);let n=m.sizeFromShape(t),i=null;t.length<=1&&n<=r?i=[1,n]:t.length===2&&t[0]<=r&&t[1]<=r?i=t:t.length===3&&t[0]*t[1]<=r&&t[2]<=r?i=[t[0]*t[1],t[2]]:t.length===3&&t[0]<=r&&t[1]*t[2]<=r?i=[t[0],t[1]*t[2]]:t.length===4&&t[0]*t[1]*t[2]<=r&&t[3]<=r?i=[t[0]*t[1]*t[2],t[3]]:t.length===4&&t[0]<=r&&t[1]*t[2]*t[3]<=r&&(i=[t[0],t[1]*t[2]*t[3]]);let a=i!=null&&Math.max(...i)>o&&Math.min(...i)<=(e?2:1)&&Math.min(...i)>0;if(i==null||a)if(e){let l=Q(t),s=2,u=2;t.length&&([s,u]=Z(t)),n=l*(s/2)*(u/2),i=m.sizeToSquarishShape(n).map(c=>c*2)}else i=m.sizeToSquarishShape(n);return i}function et(t){return t%2===0}function re(t,e){if(t=t.slice(-2),e=e.slice(-2),m.arraysEqual(t,e)||!t.length||!e.length||t[0]===0||t[1]===0||e[0]===0||e[1]===0)return!0;if(t.length!==e.length){let r=t[t.length-1],o=e[e.length-1];if(r===o||et(r)&&et(o)&&(t[0]===1||e[0]===1))return!0}return t[1]===e[1]&&et(t[0])&&et(e[0])}var tt,rt;function sr(t){if(tt==null){let e=M(t);tt=e.getParameter(e.MAX_TEXTURE_SIZE)}return tt}function Ai(){tt=null}function yi(){rt=null}function lr(t){if(rt==null){let e=M(t);rt=e.getParameter(e.MAX_TEXTURE_IMAGE_UNITS)}return Math.min(16,rt)}function ur(t){if(t===0)return 0;let e,r=M(t);return W(r,"EXT_disjoint_timer_query_webgl2")&&t===2?e=2:W(r,"EXT_disjoint_timer_query")?e=1:e=0,e}function W(t,e){return t.getExtension(e)!=null}function at(t){try{if(M(t)!=null)return!0}catch(e){return console.log("Error when getting WebGL context: ",e),!1}return!1}function cr(t){if(t===0)return!1;let e=M(t);if(t===1){if(!W(e,"OES_texture_float"))return!1}else if(!W(e,"EXT_color_buffer_float"))return!1;return Ht(e)}function pr(t){if(t===0)return!1;let e=M(t);if(t===1){if(!W(e,"OES_texture_float")||!W(e,"WEBGL_color_buffer_float"))return!1}else{if(W(e,"EXT_color_buffer_float"))return Ht(e);let o="EXT_color_buffer_half_float";if(W(e,o)){let n=e.getExtension(o);return Fi(e,n)}return!1}return Ht(e)}function Ht(t){let e=Me(t),r=t.createTexture();t.bindTexture(t.TEXTURE_2D,r),t.texImage2D(t.TEXTURE_2D,0,e.internalFormatFloat,1,1,0,e.textureFormatFloat,e.textureTypeFloat,null);let i=t.createFramebuffer();t.bindFramebuffer(t.FRAMEBUFFER,i),t.framebufferTexture2D(t.FRAMEBUFFER,t.COLOR_ATTACHMENT0,t.TEXTURE_2D,r,0);let a=t.checkFramebufferStatus(t.FRAMEBUFFER)===t.FRAMEBUFFER_COMPLETE;return t.bindTexture(t.TEXTURE_2D,null),t.bindFramebuffer(t.FRAMEBUFFER,null),t.deleteTexture(r),t.deleteFramebuffer(i),a}function Fi(t,e){let r=Me(t,e),o=t.createTexture();t.bindTexture(t.TEXTURE_2D,o),t.texImage2D(t.TEXTURE_2D,0,r.internalFormatHalfFloat,1,1,0,r.textureFormatFloat,r.textureTypeHalfFloat,null);let a=t.createFramebuffer();t.bindFramebuffer(t.FRAMEBUFFER,a),t.framebufferTexture2D(t.FRAMEBUFFER,t.COLOR_ATTACHMENT0,t.TEXTURE_2D,o,0);let l=t.checkFramebufferStatus(t.FRAMEBUFFER)===t.FRAMEBUFFER_COMPLETE;return t.bindTexture(t.TEXTURE_2D,null),t.bindFramebuffer(t.FRAMEBUFFER,null),t.deleteTexture(o),t.deleteFramebuffer(a),l}function dr(t){return t!==2?!1:M(t).fenceSync!=null}function Ge(t,e){Array.isArray(t)||(t=[t]),t.forEach(r=>{r!=null&&m.assert(r.dtype!=="complex64",()=>`${e} does not support complex64 tensors in the WebGL backend.`)})}function Ao(t,e,r,o){let n=r.map((c,p)=>{let d={logicalShape:c.shape,texShape:c.isUniform?null:c.texData.texShape,isUniform:c.isUniform,isPacked:c.isUniform?!1:c.texData.isPacked,flatOffset:null};return c.texData!=null&&c.texData.slice!=null&&c.texData.slice.flatOffset>0&&(d.flatOffset=c.texData.slice.flatOffset),{name:e.variableNames[p],shapeInfo:d}}),i=n.map(c=>c.shapeInfo),a={logicalShape:o.shape,texShape:o.texData.texShape,isUniform:!1,isPacked:o.texData.isPacked,flatOffset:null},l=To(n,a,e),s=qt(t.gl,l),u=t.createProgram(s);return T().get("ENGINE_COMPILE_ONLY")?{program:e,fragmentShader:s,source:l,webGLProgram:u,inShapeInfos:i,outShapeInfo:a,variablesLocations:null,customUniformLocations:null,infLoc:null,nanLoc:null,outShapeLocation:null,outShapeStridesLocation:null,outTexShapeLocation:null}:(t.buildVao(u),Object.assign({program:e,fragmentShader:s,source:l,webGLProgram:u,inShapeInfos:i,outShapeInfo:a},hr(t,e,u)))}function hr(t,e,r){let o=[],n=[],i,a,l,s=null,u=null;u=t.getUniformLocation(r,"NAN",!1),T().getNumber("WEBGL_VERSION")===1&&(s=t.getUniformLocation(r,"INFINITY",!1));let c=!1;for(let p of e.variableNames){let d={name:p,uniform:t.getUniformLocation(r,p,c),offset:t.getUniformLocation(r,`offset${p}`,c)};e.enableShapeUniforms&&(d.shape=t.getUniformLocation(r,`${p}Shape`,c),d.texShape=t.getUniformLocation(r,`${p}TexShape`,c)),o.push(d)}if(e.enableShapeUniforms&&(i=t.getUniformLocation(r,"outShape",c),l=t.getUniformLocation(r,"outShapeStrides",c),a=t.getUniformLocation(r,"outTexShape",c)),e.customUniforms)for(let p of e.customUniforms)n.push(t.getUniformLocation(r,p.name,c));return{variablesLocations:o,customUniformLocations:n,infLoc:s,nanLoc:u,outShapeLocation:i,outShapeStridesLocation:l,outTexShapeLocation:a}}function Io(t,e){if(t.length!==e.length)throw Error(`Binary was compiled with ${t.length} inputs, but was executed with ${e.length} inputs`);t.forEach((r,o)=>{let n=r.logicalShape,i=e[o],a=i.shape;if(!m.arraysEqual(n,a))throw Error(`Binary was compiled with different shapes than the current args. Shapes ${n} and ${a} must match`);if(r.isUniform&&i.isUniform)return;let l=r.texShape,s=i.isUniform?null:i.texData.texShape;if(!m.arraysEqual(l,s))throw Error(`Binary was compiled with different texture shapes than the current args. Shape ${l} and ${s} must match`)})}function yo(t,e,r,o,n){e.program.enableShapeUniforms||(Io(e.inShapeInfos,r),Io([e.outShapeInfo],[o]));let i=o.texData.texture,a=o.texData.texShape;o.texData.isPacked?t.setOutputPackedMatrixTexture(i.texture,a[0],a[1]):t.setOutputMatrixTexture(i.texture,a[0],a[1]),t.setProgram(e.webGLProgram),t.bindVertexArray(e.webGLProgram.vao),T().getNumber("WEBGL_VERSION")===1&&e.infLoc!==null&&t.gl.uniform1f(e.infLoc,1/0),e.nanLoc!==null&&t.gl.uniform1f(e.nanLoc,NaN);for(let s=0;s<r.length;++s){let u=r[s],{uniform:c,offset:p,shape:d,texShape:h}=e.variablesLocations[s];if(d){let{uniformShape:f}=Ze(e.program.packedInputs,u.shape,u.texData.texShape);switch(f.length){case 1:t.gl.uniform1iv(d,new Int32Array(f));break;case 2:t.gl.uniform2iv(d,new Int32Array(f));break;case 3:t.gl.uniform3iv(d,new Int32Array(f));break;case 4:t.gl.uniform4iv(d,new Int32Array(f));break;default:break}}if(h&&t.gl.uniform2i(h,u.texData.texShape[0],u.texData.texShape[1]),c!=null){if(u.isUniform){if(m.sizeFromShape(u.shape)<2)t.gl.uniform1f(c,u.uniformValues[0]);else{let f=u.uniformValues;f instanceof Float32Array||(f=new Float32Array(f)),t.gl.uniform1fv(c,f)}continue}u.texData.slice!=null&&p!=null&&t.gl.uniform1i(p,u.texData.slice.flatOffset),t.setInputMatrixTexture(u.texData.texture.texture,c,s)}}let l=e.outShapeLocation;if(l)switch(o.shape.length){case 1:t.gl.uniform1iv(l,new Int32Array(o.shape));break;case 2:t.gl.uniform2iv(l,new Int32Array(o.shape));break;case 3:t.gl.uniform3iv(l,new Int32Array(o.shape));break;case 4:t.gl.uniform4iv(l,new Int32Array(o.shape));break;default:break}if(e.outShapeStridesLocation){let s=m.computeStrides(o.shape);switch(o.shape.length){case 2:t.gl.uniform1iv(e.outShapeStridesLocation,new Int32Array(s));break;case 3:t.gl.uniform2iv(e.outShapeStridesLocation,new Int32Array(s));break;case 4:t.gl.uniform3iv(e.outShapeStridesLocation,new Int32Array(s));break;default:break}}if(e.outTexShapeLocation&&t.gl.uniform2i(e.outTexShapeLocation,o.texData.texShape[0],o.texData.texShape[1]),e.program.customUniforms&&n)for(let s=0;s<e.program.customUniforms.length;++s){let u=e.program.customUniforms[s],c=e.customUniformLocations[s],p=n[s];if(u.type==="float")t.gl.uniform1fv(c,p);else if(u.type==="vec2")t.gl.uniform2fv(c,p);else if(u.type==="vec3")t.gl.uniform3fv(c,p);else if(u.type==="vec4")t.gl.uniform4fv(c,p);else if(u.type==="int")t.gl.uniform1iv(c,p);else if(u.type==="ivec2")t.gl.uniform2iv(c,p);else if(u.type==="ivec3")t.gl.uniform3iv(c,p);else if(u.type==="ivec4")t.gl.uniform4iv(c,p);else throw Error(`uniform type ${u.type} is not supported yet.`)}t.executeProgram()}function Fo(t,e,r){let o="";e.concat(r).forEach(a=>{let l=a.texData!=null&&a.texData.slice!=null&&a.texData.slice.flatOffset>0;if(t.enableShapeUniforms&&!a.isUniform){let s=a.texData.texShape,{useSqueezeShape:u,uniformShape:c,keptDims:p}=Ze(t.packedInputs,a.shape,s),d="",h="",f="";if(c.length===1&&t.packedInputs){let _=[Math.ceil(s[0]/2),Math.ceil(s[1]/2)];d=`${_[0]>1}_${_[1]>1}`}else if(c.length===2&&!t.packedInputs)h=`${c[0]>1}_${c[1]>1}`;else if(c.length>2&&!t.packedInputs){let _=m.computeStrides(c);f=`${_[0]===s[1]}_${_[_.length-1]===s[1]}`}let C=a.shape.length,g=c.length===2&&m.arraysEqual(a.shape,s),x=m.sizeFromShape(a.shape)===1,E=R.getBroadcastDims(a.shape,r.shape),b=!t.packedInputs&&C===r.shape.length&&m.arraysEqual(s,r.texData.texShape),v=t.packedInputs||c.length>2?"":`${s[0]>1}_${s[1]>1}`;o+=`${C}_${b}_${u?p:""}_${c.length}_${x}_${E}_${g}_${d}_${h}_${f}_${v}_${l}`}else{let s=a.isUniform?"uniform":a.texData.texShape;o+=`${a.shape}_${s}_${l}`}});let n=t.userCode,i=t.constructor.name;return i+="_"+o+"_"+n+`${T().getNumber("WEBGL_VERSION")}`,i}function A(t){return T().getBool("WEBGL_USE_SHAPES_UNIFORMS")&&t<=4}var ce=class{constructor(e,r,o){this.variableNames=["A","B"],this.outputShape=R.assertAndGetBroadcastShape(r,o),this.enableShapeUniforms=A(this.outputShape.length),this.userCode=`
      float binaryOperation(float a, float b) {
        ${e}
      }

      void main() {
        float a = getAAtOutCoords();
        float b = getBAtOutCoords();
        setOutput(binaryOperation(a, b));
      }
    `}};function fr(t,e){return["x","y","z","w","u","v"].slice(0,e).map(r=>`${t}.${r}`)}function V(t,e){return e===1?[t]:fr(t,e)}function Oo(t,e){if(t===1)return"rc";let r="";for(let o=0;o<t;o++)r+=e[o],o<t-1&&(r+=",");return r}var we=class{constructor(e,r,o,n=!1){this.variableNames=["A","B"],this.supportsBroadcasting=!0,this.packedInputs=!0,this.packedOutput=!0,this.outputShape=R.assertAndGetBroadcastShape(r,o);let i=this.outputShape.length;this.enableShapeUniforms=A(i);let a="";if(n)if(i===0||m.sizeFromShape(this.outputShape)===1)a=`
          result.y = 0.;
          result.z = 0.;
          result.w = 0.;
        `;else if(a=`
          ${P(i)} coords = getOutputCoords();
        `,i===1)this.enableShapeUniforms?a+=`
            result.y = (coords + 1) >= outShape ? 0. : result.y;
            result.z = 0.;
            result.w = 0.;
          `:a+=`
            result.y = (coords + 1) >= ${this.outputShape[0]} ? 0. : result.y;
            result.z = 0.;
            result.w = 0.;
          `;else{let s=V("coords",i);this.enableShapeUniforms?a+=`
            bool nextRowOutOfBounds =
              (${s[i-2]} + 1) >= outShape[${i} - 2];
            bool nextColOutOfBounds =
              (${s[i-1]} + 1) >= outShape[${i} - 1];
            result.y = nextColOutOfBounds ? 0. : result.y;
            result.z = nextRowOutOfBounds ? 0. : result.z;
            result.w = nextColOutOfBounds || nextRowOutOfBounds ? 0. : result.w;
          `:a+=`
            bool nextRowOutOfBounds =
              (${s[i-2]} + 1) >= ${this.outputShape[i-2]};
            bool nextColOutOfBounds =
              (${s[i-1]} + 1) >= ${this.outputShape[i-1]};
            result.y = nextColOutOfBounds ? 0. : result.y;
            result.z = nextRowOutOfBounds ? 0. : result.z;
            result.w = nextColOutOfBounds || nextRowOutOfBounds ? 0. : result.w;
          `}this.userCode=`
      vec4 binaryOperation(vec4 a, vec4 b) {
        ${e}
      }

      void main() {
        vec4 a = getAAtOutCoords();
        vec4 b = getBAtOutCoords();

        vec4 result = binaryOperation(a, b);
        ${a}

        setOutput(result);
      }
    `}};function U(t){let{inputs:e,backend:r}=t,{x:o}=e;return r.incRef(o.dataId),{dataId:o.dataId,shape:o.shape,dtype:o.dtype}}var Do={kernelName:Qr,backendName:"webgl",kernelFunc:U};function oe(t){let{inputs:e,backend:r}=t,{real:o,imag:n}=e,i=r.makeTensorInfo(o.shape,"complex64"),a=r.texData.get(i.dataId),l=U({inputs:{x:o},backend:r}),s=U({inputs:{x:n},backend:r});return a.complexTensorInfos={real:l,imag:s},i}var Po="return (a < 0.) ? b * a : a;",Lo=`
  vec4 aLessThanZero = vec4(lessThan(a, vec4(0.)));
  return (aLessThanZero * (b * a)) + ((vec4(1.0) - aLessThanZero) * a);
`;var No="return (a < 0.) ? b * a : a;",Uo=`
  vec4 aLessThanZero = vec4(lessThan(a, vec4(0.)));
  return (aLessThanZero * (b * a)) + ((vec4(1.0) - aLessThanZero) * a);
`;var k=class{constructor(e,r){this.variableNames=["A"],this.outputShape=e,this.enableShapeUniforms=A(this.outputShape.length),this.userCode=`
      float unaryOperation(float x) {
        ${r}
      }

      void main() {
        float x = getAAtOutCoords();
        float y = unaryOperation(x);

        setOutput(y);
      }
    `}},st="if (isnan(x)) return x;",Bo="return x;",xr="return abs(x);";var ko="return (x >= 0.0) ? x : (exp(x) - 1.0);",Mo=st+`
  return (x < 0.0) ? 0.0 : x;
`,Wo=st+`
  return (x < 0.0) ? 0.0 : min(6.0, x);
`,Y="return x;",Vo="return 1.0 / (1.0 + exp(-1.0 * x));";var zo="return x;",Xo=`
  vec4 result;

  result.r = (x.r >= 0.0) ? x.r : (exp(x.r) - 1.0);
  result.g = (x.g >= 0.0) ? x.g : (exp(x.g) - 1.0);
  result.b = (x.b >= 0.0) ? x.b : (exp(x.b) - 1.0);
  result.a = (x.a >= 0.0) ? x.a : (exp(x.a) - 1.0);

  return result;
`,Ho=`
  vec4 result = x * vec4(greaterThanEqual(x, vec4(0.0)));
  bvec4 isNaN = isnan(x);

  result.r = isNaN.r ? x.r : result.r;
  result.g = isNaN.g ? x.g : result.g;
  result.b = isNaN.b ? x.b : result.b;
  result.a = isNaN.a ? x.a : result.a;

  return result;
`,Ko=`
  vec4 result = min(x, vec4(6.)) * vec4(greaterThanEqual(x, vec4(0.0)));
  bvec4 isNaN = isnan(x);

  result.r = isNaN.r ? x.r : result.r;
  result.g = isNaN.g ? x.g : result.g;
  result.b = isNaN.b ? x.b : result.b;
  result.a = isNaN.a ? x.a : result.a;

  return result;
`,Yo="return 1.0 / (1.0 + exp(-1.0 * x));",X=class{constructor(e,r){this.variableNames=["A"],this.packedInputs=!0,this.packedOutput=!0,this.outputShape=e,this.enableShapeUniforms=A(this.outputShape.length),this.userCode=`
      vec4 unaryOperation(vec4 x) {
        ${r}
      }

      void main() {
        vec4 x = getAAtOutCoords();
        vec4 y = unaryOperation(x);

        setOutput(y);
      }
    `}};function qo({opSnippet:t,packedOpSnippet:e,cpuKernelImpl:r,dtype:o}){return({inputs:n,backend:i})=>{let{x:a}=n,l=i,s=o||a.dtype;if(l.shouldExecuteOnCPU([a])&&r!=null){let p=l.texData.get(a.dataId),d=r(p.values,s);return l.makeTensorInfo(a.shape,s,d)}let u=T().getBool("WEBGL_PACK_UNARY_OPERATIONS")&&e!=null,c;return u?c=new X(a.shape,e):c=new k(a.shape,t),l.runWebGLProgram(c,[a],s)}}function ne({opSnippet:t,packedOpSnippet:e,checkOutOfBounds:r=!1,supportsComplex:o=!1,cpuKernelImpl:n,dtype:i}){return({inputs:a,backend:l})=>{let{a:s,b:u}=a,c=l;if(o&&s.dtype==="complex64"){let f=c.texData.get(s.dataId),C=c.texData.get(u.dataId),[g,x]=[[f.complexTensorInfos.real,C.complexTensorInfos.real],[f.complexTensorInfos.imag,C.complexTensorInfos.imag]].map(b=>{let[v,_]=b,y={dataId:v.dataId,dtype:v.dtype,shape:s.shape},I={dataId:_.dataId,dtype:_.dtype,shape:u.shape},F=new ce(t,s.shape,u.shape);return c.runWebGLProgram(F,[y,I],Ne(v.dtype,_.dtype))}),E=oe({inputs:{real:g,imag:x},backend:c});return c.disposeIntermediateTensorInfo(g),c.disposeIntermediateTensorInfo(x),E}let p=i||Ne(s.dtype,u.dtype);if((s.dtype==="string"||u.dtype==="string"||c.shouldExecuteOnCPU([s,u]))&&n!=null){let f=c.texData.get(s.dataId).values,C=c.texData.get(u.dataId).values,g=s.dtype==="string"?R.fromUint8ToStringArray(f):f,x=s.dtype==="string"?R.fromUint8ToStringArray(C):C,[E,b]=n(s.shape,u.shape,g,x,p),v=c.makeTensorInfo(b,p),_=c.texData.get(v.dataId);return _.values=E,v}let d=T().getBool("WEBGL_PACK_BINARY_OPERATIONS")&&e!=null,h;return d?h=new we(e,s.shape,u.shape,r):h=new ce(t,s.shape,u.shape),c.runWebGLProgram(h,[s,u],p)}}function pe(t,e=!1){if(t==="linear")return e?zo:Bo;if(t==="relu")return e?Ho:Mo;if(t==="elu")return e?Xo:ko;if(t==="relu6")return e?Ko:Wo;if(t==="prelu")return e?Uo:No;if(t==="leakyrelu")return e?Lo:Po;if(t==="sigmoid")return e?Yo:Vo;throw new Error(`Activation ${t} has not been implemented for the WebGL backend.`)}var{addImpl:jo,bincountImpl:hs,bincountReduceImpl:fs,bitwiseAndImpl:xs,castImpl:Qo,ceilImpl:ms,concatImpl:Zo,equalImpl:gs,expImpl:Cs,expm1Impl:Ts,floorImpl:$s,gatherNdImpl:Es,gatherV2Impl:vs,greaterImpl:Ss,greaterEqualImpl:Rs,lessImpl:_s,lessEqualImpl:bs,linSpaceImpl:ws,logImpl:Is,maxImpl:As,maximumImpl:ys,minimumImpl:Fs,multiplyImpl:Jo,negImpl:Os,notEqualImpl:en,prodImpl:Ds,raggedGatherImpl:Ps,raggedRangeImpl:Ls,raggedTensorToTensorImpl:Ns,rangeImpl:Us,rsqrtImpl:Bs,scatterImpl:ks,sigmoidImpl:Ms,simpleAbsImpl:tn,sliceImpl:rn,sparseFillEmptyRowsImpl:Ws,sparseReshapeImpl:Vs,sparseSegmentReductionImpl:Gs,sqrtImpl:zs,staticRegexReplaceImpl:Xs,stridedSliceImpl:Hs,stringNGramsImpl:Ks,stringSplitImpl:Ys,stringToHashBucketFastImpl:qs,subImpl:on,tileImpl:js,topKImpl:Qs,transposeImpl:mr,uniqueImpl:Zs}=mo;var nn="return a + b;",Li=ne({opSnippet:nn,packedOpSnippet:nn,supportsComplex:!0,cpuKernelImpl:jo}),an={kernelName:"Add",backendName:"webgl",kernelFunc:Li};var lt=class{constructor(e,r,o,n=!1,i=!1){if(this.variableNames=["x"],r==="avg"&&o)throw new Error("Cannot compute positions for average pool.");let a=e.filterWidth,l=e.strideHeight,s=e.strideWidth,u=e.dilationHeight,c=e.dilationWidth,p=e.effectiveFilterHeight,d=e.effectiveFilterWidth,h=e.padInfo.top,f=e.padInfo.left;this.outputShape=e.outShape;let C=r==="avg",g=`((batch  * ${e.inHeight} + xR) * ${e.inWidth} + xC) * ${e.inChannels} + d`,x=`(xR * ${e.inWidth} + xC) * ${e.inChannels} + d`,E="0.0";if(C||(E="-1.0 / 1e-20"),o){this.userCode=`
        const ivec2 strides = ivec2(${l}, ${s});
        const ivec2 pads = ivec2(${h}, ${f});

        void main() {
          ivec4 coords = getOutputCoords();
          int batch = coords[0];
          int d = coords[3];

          ivec2 xRCCorner = coords.yz * strides - pads;
          int xRCorner = xRCCorner.x;
          int xCCorner = xRCCorner.y;

          // max/min x(?, ?, d) to get y(yR, yC, d).
          // ? = to be determined
          float minMaxValue = 0.0;
          float minMaxValueFound = 0.0;
          int minMaxPosition = 0;
          float avgValue = 0.0;

          for (int wR = 0; wR < ${p};
              wR += ${u}) {
            int xR = xRCorner + wR;

            if (xR < 0 || xR >= ${e.inHeight}) {
              continue;
            }

            for (int wC = 0; wC < ${d};
                wC += ${c}) {
              int xC = xCCorner + wC;

              if (xC < 0 || xC >= ${e.inWidth}) {
                continue;
              }

              float value = getX(batch, xR, xC, d);

              // If a min / max value has already been found, use it. If not,
              // use the current value.
              float currMinMaxValue = mix(
                  value, minMaxValue, minMaxValueFound);
              if (value >= currMinMaxValue) {
                minMaxValue = value;
                minMaxValueFound = 1.0;
                minMaxPosition = ${n?i?g:x:`wR * ${d} + wC`};
              }
            }
          }
          setOutput(float(minMaxPosition));
        }
      `;return}let b="max",v=`${r}(${r}(${r}(minMaxValue[0], minMaxValue[1]), minMaxValue[2]), minMaxValue[3])`;r==="avg"&&(v="avgValue / max(count, 1.0)");let _=Math.floor(a/4)*4,y=a%4,I=`
      if (${C}) {
        avgValue += dot(values, ones);
      } else {
        minMaxValue = ${b}(values, minMaxValue);
      }
    `;this.userCode=`
      const ivec2 strides = ivec2(${l}, ${s});
      const ivec2 pads = ivec2(${h}, ${f});
      const float initializationValue = ${E};
      const vec4 ones = vec4(1.0, 1.0, 1.0, 1.0);

      float count = 0.0;

      float getValue(int batch, int xR, int xC, int d) {
        if (xC < 0 || xC >= ${e.inWidth}) {
          return initializationValue;
        }
        count += 1.0;
        return getX(batch, xR, xC, d);
      }

      void main() {
        ivec4 coords = getOutputCoords();
        int batch = coords[0];
        int d = coords[3];

        ivec2 xRCCorner = coords.yz * strides - pads;
        int xRCorner = xRCCorner.x;
        int xCCorner = xRCCorner.y;

        // max/min x(?, ?, d) to get y(yR, yC, d).
        // ? = to be determined
        vec4 minMaxValue = vec4(${E});
        float avgValue = 0.0;
        count = 0.0;

        for (int wR = 0; wR < ${p};
            wR += ${u}) {
          int xR = xRCorner + wR;

          if (xR < 0 || xR >= ${e.inHeight}) {
            continue;
          }

          for (int wC = 0; wC < ${_}; wC += 4) {
            int xC = xCCorner + wC * ${c};

            vec4 values = vec4(
              getValue(batch, xR, xC, d),
              getValue(batch, xR, xC + ${c}, d),
              getValue(batch, xR, xC + 2 * ${c}, d),
              getValue(batch, xR, xC + 3 * ${c}, d)
            );

            ${I}
          }

          int xC = xCCorner + ${_};
          if (${y===1}) {
            vec4 values = vec4(
              getValue(batch, xR, xC, d),
              initializationValue,
              initializationValue,
              initializationValue
            );

            ${I}
          } else if (${y===2}) {
            vec4 values = vec4(
              getValue(batch, xR, xC, d),
              getValue(batch, xR, xC + ${c}, d),
              initializationValue,
              initializationValue
            );

            ${I}
          } else if (${y===3}) {
            vec4 values = vec4(
              getValue(batch, xR, xC, d),
              getValue(batch, xR, xC + ${c}, d),
              getValue(batch, xR, xC + 2 * ${c}, d),
              initializationValue
            );

            ${I}
          }
        }
        setOutput(${v});
      }
    `}};function Ni(t){let{inputs:e,backend:r,attrs:o}=t,{x:n}=e;Ge(n,"avgPool");let{filterSize:i,strides:a,pad:l,dimRoundingMode:s}=o,u=1;m.assert(R.eitherStridesOrDilationsAreOne(a,u),()=>`Error in avgPool: Either strides or dilations must be 1. Got strides ${a} and dilations '${u}'`);let c=R.computePool2DInfo(n.shape,i,a,u,l,s);if(c.filterWidth===1&&c.filterHeight===1&&m.arraysEqual(c.inShape,c.outShape))return U({inputs:{x:n},backend:r});let p=new lt(c,"avg",!1);return r.runWebGLProgram(p,[n],"float32")}var sn={kernelName:zr,backendName:"webgl",kernelFunc:Ni};var ut=class{constructor(e){this.variableNames=["dy"],this.outputShape=e.inShape;let r=e.filterHeight,o=e.filterWidth,n=e.strideHeight,i=e.strideWidth,a=e.dilationHeight,l=e.dilationWidth,s=e.effectiveFilterHeight,u=e.effectiveFilterWidth,c=s-1-e.padInfo.top,p=u-1-e.padInfo.left,d=1/(r*o);this.userCode=`
      const ivec2 pads = ivec2(${c}, ${p});
      const float avgMultiplier = float(${d});

      void main() {
        ivec4 coords = getOutputCoords();
        int b = coords[0];
        int d = coords[3];

        ivec2 dyRCCorner = coords.yz - pads;
        int dyRCorner = dyRCCorner.x;
        int dyCCorner = dyRCCorner.y;

        // Convolve dy(?, ?, d) with pos mask(:, :, d) to get dx(xR, xC, d).
        // ? = to be determined. : = across all values in that axis.
        float dotProd = 0.0;
        for (int wR = 0; wR < ${s};
            wR += ${a}) {
          float dyR = float(dyRCorner + wR) / ${n}.0;

          if (dyR < 0.0 || dyR >= ${e.outHeight}.0 || fract(dyR) > 0.0) {
            continue;
          }
          int idyR = int(dyR);

          for (int wC = 0; wC < ${u};
            wC+= ${l}) {
            float dyC = float(dyCCorner + wC) / ${i}.0;

            if (dyC < 0.0 || dyC >= ${e.outWidth}.0 ||
                fract(dyC) > 0.0) {
              continue;
            }
            int idyC = int(dyC);

            float dyValue = getDy(b, idyR, idyC, d);

            dotProd += dyValue * avgMultiplier;
          }
        }
        setOutput(dotProd);
      }
    `}};function Ui(t){let{inputs:e,backend:r,attrs:o}=t,{dy:n,input:i}=e,a=i;Ge([n,i],"avgPoolGrad");let{filterSize:l,strides:s,pad:u}=o,c=R.computePool2DInfo(a.shape,l,s,1,u),p=new ut(c);return r.runWebGLProgram(p,[n],a.dtype)}var ln={kernelName:Xr,backendName:"webgl",kernelFunc:Ui};var Ie=class{constructor(e,r,o,n=!1,i=!1,a=!1,l=null,s=!1,u=!1){this.variableNames=["matrixA","matrixB"],this.packedInputs=!0,this.packedOutput=!0,this.outputShape=o,this.enableShapeUniforms=A(this.outputShape.length);let c=n?e[1]:e[2],p=Math.ceil(c/2),d=n?"i * 2, rc.y":"rc.y, i * 2",h=i?"rc.z, i * 2":"i * 2, rc.z",f=n?["a.xxyy","a.zzww"]:["a.xxzz","a.yyww"],C=i?["b.xzxz","b.ywyw"]:["b.xyxy","b.zwzw"],g="",x="";l&&(s?g=`vec4 activation(vec4 a) {
          vec4 b = getPreluActivationWeightsAtOutCoords();
          ${l}
        }`:u?g=`vec4 activation(vec4 a) {
          vec4 b = getLeakyreluAlphaAtOutCoords();
          ${l}
        }`:g=`vec4 activation(vec4 x) {
          ${l}
        }`,x="result = activation(result);");let E=a?"result += getBiasAtOutCoords();":"";a&&this.variableNames.push("bias"),s&&this.variableNames.push("preluActivationWeights"),u&&this.variableNames.push("leakyreluAlpha");let b="rc.x",v="rc.x";e[0]<r[0]?b=`imod(rc.x, ${e[0]})`:r[0]<e[0]&&(v=`imod(rc.x, ${r[0]})`),this.userCode=`
      ${g}
      // Don't use uniform for sharedDimensionPacked for performance.
      const float sharedDimension = ${p}.0;

      vec4 dot2x2ARowBCol(ivec3 rc) {
        vec4 result = vec4(0);
        int batchA = ${b};
        int batchB = ${v};
        for (int i = 0; i < ${p}; i++) {
          vec4 a = getMatrixA(batchA, ${d});
          vec4 b = getMatrixB(batchB, ${h});

          // These swizzled products need to be separately added.
          // See: https://github.com/tensorflow/tfjs/issues/1735
          result += (${f[0]} * ${C[0]});
          result += (${f[1]} * ${C[1]});
        }
        return result;
      }

      void main() {
        ivec3 rc = getOutputCoords();
        vec4 result = dot2x2ARowBCol(rc);

        ${E}

        ${x}

        setOutput(result);
      }
    `}};var gr={REAL:"return areal * breal - aimag * bimag;",IMAG:"return areal * bimag + aimag * breal;"},ze=class{constructor(e,r,o){this.variableNames=["AReal","AImag","BReal","BImag"],this.outputShape=R.assertAndGetBroadcastShape(r,o),this.userCode=`
      float binaryOpComplex(
          float areal, float aimag, float breal, float bimag) {
        ${e}
      }

      void main() {
        float areal = getARealAtOutCoords();
        float aimag = getAImagAtOutCoords();
        float breal = getBRealAtOutCoords();
        float bimag = getBImagAtOutCoords();
        setOutput(binaryOpComplex(areal, aimag, breal, bimag));
      }
    `}};var un="return a * b;";function Cr(t){let{inputs:e,backend:r}=t,{a:o,b:n}=e,i=R.upcastType(o.dtype,n.dtype);if(o.dtype==="complex64"){let l=r.texData.get(o.dataId),s=r.texData.get(n.dataId),u=new ze(gr.REAL,o.shape,n.shape),c=new ze(gr.IMAG,o.shape,n.shape),p=[{dataId:l.complexTensorInfos.real.dataId,dtype:l.complexTensorInfos.real.dtype,shape:o.shape},{dataId:l.complexTensorInfos.imag.dataId,dtype:l.complexTensorInfos.imag.dtype,shape:o.shape},{dataId:s.complexTensorInfos.real.dataId,dtype:s.complexTensorInfos.real.dtype,shape:n.shape},{dataId:s.complexTensorInfos.imag.dataId,dtype:s.complexTensorInfos.imag.dtype,shape:n.shape}],d=r.runWebGLProgram(u,p,"float32"),h=r.runWebGLProgram(c,p,"float32"),f=oe({inputs:{real:d,imag:h},backend:r});return r.disposeIntermediateTensorInfo(d),r.disposeIntermediateTensorInfo(h),f}if(r.shouldExecuteOnCPU([o,n])){let l=r.texData.get(o.dataId),s=r.texData.get(n.dataId),[u,c]=Jo(o.shape,n.shape,l.values,s.values,i),p=r.makeTensorInfo(c,i),d=r.texData.get(p.dataId);return d.values=u,p}let a;return T().getBool("WEBGL_PACK_BINARY_OPERATIONS")?a=new we(un,o.shape,n.shape):a=new ce(un,o.shape,n.shape),r.runWebGLProgram(a,[o,n],i)}var cn={kernelName:Jr,backendName:"webgl",kernelFunc:Cr};var Ae=class{constructor(e,r){this.variableNames=["A"],this.packedInputs=!0,this.packedOutput=!0,this.customUniforms=[{name:"inputShape",type:"ivec3"}],this.outputShape=e,this.enableShapeUniforms=A(this.outputShape.length);let o="";for(let n=0;n<4;n++){let i="thisRC = rc;";n%2===1&&(i+="thisRC.z += 1;"),n>1&&(i+="thisRC.y += 1;"),o+=`
        ${i}
        ${n>0?"if(thisRC.y < rows && thisRC.z < cols){":""}
          int flatIndex = getFlatIndex(thisRC);

          ivec3 inputRC = inputCoordsFromReshapedOutCoords(flatIndex);
          vec2 inputRCInnerDims = vec2(float(inputRC.y),float(inputRC.z));

          result[${n}] =
            getChannel(getA(inputRC.x, inputRC.y, inputRC.z), inputRCInnerDims);
        ${n>0?"}":""}
      `}this.userCode=`
      ${ki(r,this.enableShapeUniforms)}
      ${this.enableShapeUniforms?ge():me(e)}

      void main() {
        ivec3 rc = getOutputCoords();

        vec4 result = vec4(0.);

        ivec3 thisRC;
        int rows = ${this.enableShapeUniforms?"outShape[1]":e[1]};
        int cols = ${this.enableShapeUniforms?"outShape[2]":e[2]};

        ${o}

        setOutput(result);
      }
    `}};function ki(t,e){return`
    ivec3 inputCoordsFromReshapedOutCoords(int index) {
      ${e?go(["r","c","d"],"inputShape"):z(["r","c","d"],t)}
      return ivec3(r, c, d);
    }
  `}function pn(t,e,r){let o=[Q(t.shape),...Z(t.shape)],n={dtype:t.dtype,shape:o,dataId:t.dataId},i=[Q(e),...Z(e)],a=new Ae(i,o),l=!0,s=[o],u=r.runWebGLProgram(a,[n],t.dtype,s,l);return{dataId:u.dataId,shape:e,dtype:u.dtype}}function w(t){let{inputs:e,backend:r,attrs:o}=t,{x:n}=e,{shape:i}=o,a=r,l=m.sizeFromShape(n.shape),s=m.inferFromImplicitShape(i,l),u=m.sizeFromShape(s);m.assert(l===u,()=>`The new shape (${s}) has ${u} elements and the old shape (${n.shape}) has ${l} elements. The new shape and old shape must have the same number of elements.`);let c=a.texData.get(n.dataId);return c.isPacked&&!re(n.shape,s)&&!(c.texture!==null&&re(c.shape,s))?pn(n,s,a):(a.incRef(n.dataId),{dataId:n.dataId,shape:s,dtype:n.dtype})}var dn={kernelName:eo,backendName:"webgl",kernelFunc:w};var Xe=class{constructor(e,r){this.variableNames=["x"];let{windowSize:o,batchSize:n,inSize:i,outSize:a}=e;this.outputShape=[n,a];let l=Math.floor(o/4)*4,s=o%4,u="sumValue += dot(values, ones);";if(r!=null){let p=1/r;u=`sumValue += dot(values * ${m.isInt(p)?p.toPrecision(2):p}, ones);`}let c="";i%o>0&&(c=`
        if (inIdx < 0 || inIdx >= ${i}) {
          return 0.0;
        }
      `),this.userCode=`
      const vec4 ones = vec4(1.0, 1.0, 1.0, 1.0);

      float getValue(int batch, int inIdx) {
        ${c}
        return getX(batch, inIdx);
      }

      void main() {
        ivec2 coords = getOutputCoords();
        int batch = coords[0];
        int outIdx = coords[1];
        int inOffset = outIdx * ${o};

        float sumValue = 0.0;

        for (int i = 0; i < ${l}; i += 4) {
          int inIdx = inOffset + i;
          vec4 values = vec4(
            getValue(batch, inIdx),
            getValue(batch, inIdx + 1),
            getValue(batch, inIdx + 2),
            getValue(batch, inIdx + 3)
          );

          ${u}
        }

        int inIdx = inOffset + ${l};
        if (${s===1}) {
          vec4 values = vec4(getValue(batch, inIdx), 0.0, 0.0, 0.0);

          ${u}
        } else if (${s===2}) {
          vec4 values = vec4(
            getValue(batch, inIdx),
            getValue(batch, inIdx + 1), 0.0, 0.0);

          ${u}
        } else if (${s===3}) {
          vec4 values = vec4(
            getValue(batch, inIdx),
            getValue(batch, inIdx + 1),
            getValue(batch, inIdx + 2), 0.0);

          ${u}
        }
        setOutput(sumValue);
      }
    `}};var ct=class{constructor(e,r){this.variableNames=["x"];let{windowSize:o,batchSize:n,inSize:i,outSize:a}=e;this.outputShape=[n,a];let l="0.0",s="";r==="prod"?l="1.0":r==="min"?(l="1.0 / 1e-20",s="min"):r==="max"&&(l="-1.0 / 1e-20",s="max");let u=`${r}(${r}(${r}(minMaxValue[0], minMaxValue[1]), minMaxValue[2]), minMaxValue[3])`;r==="sum"?u="sumValue":r==="prod"?u="prodValue":r==="all"?u="allValue":r==="any"&&(u="anyValue");let c=Math.floor(o/4)*4,p=o%4,d=`
      if (${r==="sum"}) {
        sumValue += dot(values, ones);
      } else if (${r==="prod"}) {
        vec2 tmp = vec2(values[0], values[1]) * vec2(values[2], values[3]);
        prodValue *= tmp[0] * tmp[1];
      } else {
        minMaxValue = ${s}(values, minMaxValue);
        if (${r==="min"} || ${r==="max"}) {
          minMaxValue = ${s}(values, minMaxValue);
          bvec4 isNaN = isnan(values);
          if (isNaN.r || isNaN.g || isNaN.b || isNaN.a) {
            minMaxValue = vec4(NAN);
          }
        }
      }
    `,h="vec4";r==="all"?(l="1.0",d=`
        bool reducedAllValue = all(values);
        float floatedReducedAllValue = float(reducedAllValue);
        allValue = float(allValue >= 1.0 && floatedReducedAllValue >= 1.0);
      `,h="bvec4"):r==="any"&&(l="0.0",d=`
        bool reducedAnyValue = any(values);
        float floatedReducedAnyValue = float(reducedAnyValue);
        anyValue = float(anyValue >= 1.0 || floatedReducedAnyValue >= 1.0);
      `,h="bvec4");let f="";i%o>0&&(f=`
        if (inIdx < 0 || inIdx >= ${i}) {
          return initializationValue;
        }
      `),this.userCode=`
      const float initializationValue = ${l};
      const vec4 ones = vec4(1.0, 1.0, 1.0, 1.0);

      float getValue(int batch, int inIdx) {
        ${f}
        return getX(batch, inIdx);
      }

      void main() {
        ivec2 coords = getOutputCoords();
        int batch = coords[0];
        int outIdx = coords[1];
        int inOffset = outIdx * ${o};

        vec4 minMaxValue = vec4(${l});
        float prodValue = 1.0;
        float sumValue = 0.0;
        float allValue = 1.0;
        float anyValue = 0.0;

        for (int i = 0; i < ${c}; i += 4) {
          int inIdx = inOffset + i;
          ${h} values = ${h}(
            getValue(batch, inIdx),
            getValue(batch, inIdx + 1),
            getValue(batch, inIdx + 2),
            getValue(batch, inIdx + 3)
          );

          ${d}
        }

        int inIdx = inOffset + ${c};
        if (${p===1}) {
          ${h} values = ${h}(
            getValue(batch, inIdx),
            initializationValue,
            initializationValue,
            initializationValue
          );

          ${d}
        } else if (${p===2}) {
          ${h} values = ${h}(
            getValue(batch, inIdx),
            getValue(batch, inIdx + 1),
            initializationValue,
            initializationValue
          );

          ${d}
        } else if (${p===3}) {
          ${h} values = ${h}(
            getValue(batch, inIdx),
            getValue(batch, inIdx + 1),
            getValue(batch, inIdx + 2),
            initializationValue
          );

          ${d}
        }
        setOutput(${u});
      }
    `}};function Mi(t){let e=[];for(;e.length===0||e[e.length-1].outSize!==1;){let r=e.length?e[e.length-1].outSize:t[1],o=R.computeOptimalWindowSize(r);e.push({inSize:r,windowSize:o,outSize:Math.ceil(r/o)})}return e}function hn(t,e,r,o){let n=Mi(t.shape),i=t;for(let a=0;a<n.length;a++){let{inSize:l,windowSize:s,outSize:u}=n[a],c,p;r==="mean"?c=a===0?new Xe({windowSize:s,inSize:l,batchSize:t.shape[0],outSize:u},l):new Xe({windowSize:s,inSize:l,batchSize:t.shape[0],outSize:u}):c=new ct({windowSize:s,inSize:l,batchSize:t.shape[0],outSize:u},r),p=i,i=o.runWebGLProgram(c,[i],e),p.dataId!==t.dataId&&o.disposeIntermediateTensorInfo(p)}return i}var pt=class{constructor(e,r){this.variableNames=["A"];let o=new Array(e.length);for(let a=0;a<o.length;a++)o[a]=e[r[a]];this.outputShape=o,this.rank=o.length;let n=P(this.rank),i=Wi(r);this.userCode=`
    void main() {
      ${n} resRC = getOutputCoords();
      setOutput(getA(${i}));
    }
    `}};function Wi(t){let e=t.length;if(e>6)throw Error(`Transpose for rank ${e} is not yet supported`);let r=["resRC.x","resRC.y","resRC.z","resRC.w","resRC.u","resRC.v"],o=new Array(e);for(let n=0;n<t.length;n++)o[t[n]]=r[n];return o.join()}var dt=class{constructor(e,r){this.variableNames=["A"],this.packedInputs=!0,this.packedOutput=!0;let o=new Array(e.length);for(let c=0;c<o.length;c++)o[c]=e[r[c]];if(this.outputShape=o,this.rank=o.length,this.rank>6)throw Error(`Packed transpose for rank ${this.rank} is not yet supported.`);let n=P(this.rank),i=fr("rc",this.rank),a=new Array(this.rank);for(let c=0;c<r.length;c++)a[r[c]]=i[c];let l=`vec2(${a.slice(-2).join()})`,s=`++${i[this.rank-1]} < ${o[this.rank-1]}`,u=`getChannel(getA(${a.join()}), ${l})`;this.userCode=`
    void main() {
      ${n} rc = getOutputCoords();
      vec4 result = vec4(0.);
      result[0] = ${u};
      if(${s}) {
        result[1] = ${u};
      }
      --${i[this.rank-1]};
      if(++${i[this.rank-2]} < ${o[this.rank-2]}) {
        result[2] = ${u};
        if(${s}) {
          result[3] = ${u};
        }
      }
      setOutput(result);
    }
    `}};function ht(t,e,r){let o=T().getBool("WEBGL_PACK_ARRAY_OPERATIONS")?new dt(t.shape,e):new pt(t.shape,e);return r.runWebGLProgram(o,[t],t.dtype)}function fn(t,e,r,o){let n=e,i=t.shape.length,a=m.parseAxisParam(n,t.shape),l=a,s=R.getAxesPermutation(l,i),u=s!=null,c=t;u&&(c=ht(t,s,o),l=R.getInnerMostAxes(l.length,i)),R.assertAxesAreInnerMostDims("sum",l,i);let[p,d]=R.computeOutAndReduceShapes(c.shape,l),h=p;r&&(h=R.expandShapeToKeepDim(p,a));let f=m.sizeFromShape(d),g=m.sizeFromShape(t.shape)/f,x=w({inputs:{x:c},attrs:{shape:[g,f]},backend:o}),E=so(t.dtype),b=hn(x,E,"sum",o),v=w({inputs:{x:b},attrs:{shape:h},backend:o});return o.disposeIntermediateTensorInfo(x),o.disposeIntermediateTensorInfo(b),u&&o.disposeIntermediateTensorInfo(c),v}function Tr(t){let{inputs:e,backend:r,attrs:o}=t,{x:n}=e,{axis:i,keepDims:a}=o;return fn(n,i,a,r)}var xn={kernelName:"Sum",backendName:"webgl",kernelFunc:Tr};function ft(t){let{inputs:e,backend:r,attrs:o}=t,{x:n}=e,{perm:i}=o,a=r,l=n.shape.length,s=new Array(l);for(let c=0;c<s.length;c++)s[c]=n.shape[i[c]];let u;if(a.shouldExecuteOnCPU([n])){let p=a.texData.get(n.dataId).values,d=mr(p,n.shape,n.dtype,i,s);u=a.makeTensorInfo(s,n.dtype);let h=a.texData.get(u.dataId);h.values=d}else u=ht(n,i,a);return u}var mn={kernelName:oo,backendName:"webgl",kernelFunc:ft};var $r=1e3;function He({a:t,b:e,transposeA:r,transposeB:o,backend:n,bias:i=null,preluActivationWeights:a=null,leakyreluAlpha:l=0,activation:s=null}){let u=t.shape.length,c=e.shape.length,p=r?t.shape[u-2]:t.shape[u-1],d=o?e.shape[c-1]:e.shape[c-2],h=r?t.shape[u-1]:t.shape[u-2],f=o?e.shape[c-2]:e.shape[c-1],C=t.shape.slice(0,-2),g=e.shape.slice(0,-2),x=m.sizeFromShape(C),E=m.sizeFromShape(g),v=co.assertAndGetBroadcastShape(t.shape.slice(0,-2),e.shape.slice(0,-2)).concat([h,f]);m.assert(p===d,()=>`Error in matMul: inner shapes (${p}) and (${d}) of Tensors with shapes ${t.shape} and ${e.shape} and transposeA=${r} and transposeB=${o} must match.`);let _=r?[x,p,h]:[x,h,p],y=o?[E,f,d]:[E,d,f],I=w({inputs:{x:t},backend:n,attrs:{shape:_}}),F=w({inputs:{x:e},backend:n,attrs:{shape:y}}),O=[I,F],N=Math.max(x,E),H=r?I.shape[1]:I.shape[2],J=i!=null,Pe=a!=null,Le=s==="leakyrelu",ie=s!=null?pe(s,!0):null,qe=J||Pe||Le||ie!=null,he;if((h===1||f===1)&&H>$r&&qe===!1){let ee=I,fe=F;r&&(ee=ft({inputs:{x:I},backend:n,attrs:{perm:[0,2,1]}}),O.push(ee)),o&&(fe=ft({inputs:{x:F},backend:n,attrs:{perm:[0,2,1]}}),O.push(fe));let xe=f!==1,je=f===1,Wt=ee;xe&&(Wt=w({inputs:{x:ee},backend:n,attrs:{shape:[N,H,1]}}),O.push(Wt));let Nn=f===1?2:1,Vt=fe;je&&(Vt=w({inputs:{x:fe},backend:n,attrs:{shape:[N,1,H]}}),O.push(Vt));let Mr=Cr({inputs:{a:Wt,b:Vt},backend:n});he=Tr({inputs:{x:Mr},backend:n,attrs:{axis:Nn,keepDims:!0}}),O.push(Mr)}else{let ee=Ne(t.dtype,e.dtype),fe=new Ie(_,y,[N,h,f],r,o,J,ie,Pe,Le),xe=[I,F];if(i!=null&&xe.push(i),Pe&&xe.push(a),Le){let je=n.makeTensorInfo([],"float32",m.createScalarValue(l,"float32"));xe.push(je),O.push(je)}he=n.runWebGLProgram(fe,xe,ee)}let G=w({inputs:{x:he},backend:n,attrs:{shape:v}});O.push(he);for(let ee of O)n.disposeIntermediateTensorInfo(ee);return G}function Gi(t){let{inputs:e,backend:r,attrs:o}=t,{a:n,b:i}=e,{transposeA:a,transposeB:l}=o;return He({a:n,b:i,transposeA:a,transposeB:l,backend:r})}var gn={kernelName:Hr,backendName:"webgl",kernelFunc:Gi};var zi="return float(a != b);",Cn=ne({opSnippet:zi,cpuKernelImpl:en,dtype:"bool"});function xt(t){let{inputs:e,backend:r}=t,{input:o}=e,n=r.texData.get(o.dataId);return U({inputs:{x:n.complexTensorInfos.real},backend:r})}var Xi="return float(int(x));";function Tn(t,e){let r=new k(t.shape,Xi),o=e.runWebGLProgram(r,[t],"int32");return{dataId:o.dataId,shape:o.shape,dtype:o.dtype}}function Er(t){let{inputs:e,backend:r,attrs:o}=t,{x:n}=e,{dtype:i}=o;if(i==="complex64"){if(n.dtype==="complex64")return U({inputs:{x:n},backend:r});let a=ho(n.shape),l=Er({inputs:{x:n},backend:r,attrs:{dtype:"float32"}}),s=oe({inputs:{real:l,imag:a},backend:r});return a.dispose(),r.disposeIntermediateTensorInfo(l),s}if(n.dtype==="complex64"){let a=xt({inputs:{input:n},backend:r}),l=Er({inputs:{x:a},backend:r,attrs:{dtype:i}});return r.disposeIntermediateTensorInfo(a),l}if(!m.hasEncodingLoss(n.dtype,i)){let a=U({inputs:{x:n},backend:r});return{dataId:a.dataId,shape:a.shape,dtype:i}}if(r.shouldExecuteOnCPU([n])){let a=r.texData.get(n.dataId).values,[l,s,u]=Qo(a,n.shape,n.dtype,i);return r.makeTensorInfo(l,s,u)}if(i==="int32")return Tn(n,r);if(i==="bool"){let a=r.makeTensorInfo([],"bool",m.getTypedArrayFromDType("bool",1)),s=Cn({inputs:{a:n,b:a},backend:r});return r.disposeIntermediateTensorInfo(a),s}throw new Error(`Error in Cast: failed to cast ${n.dtype} to ${i}`)}var $n={kernelName:Kr,backendName:"webgl",kernelFunc:Er};var mt=class{constructor(e){this.outputShape=[],this.outputShape=R.computeOutShape(e,1),this.variableNames=e.map((a,l)=>`T${l}`);let r=new Array(e.length-1);r[0]=e[0][1];for(let a=1;a<r.length;a++)r[a]=r[a-1]+e[a][1];let o=[`if (yC < ${r[0]}) setOutput(getT0(yR, yC));`];for(let a=1;a<r.length;a++){let l=r[a-1];o.push(`else if (yC < ${r[a]}) setOutput(getT${a}(yR, yC-${l}));`)}let n=r.length,i=r[r.length-1];o.push(`else setOutput(getT${n}(yR, yC-${i}));`),this.userCode=`
      void main() {
        ivec2 coords = getOutputCoords();
        int yR = coords.x;
        int yC = coords.y;

        ${o.join(`
        `)}
      }
    `}};var Ct=class{constructor(e,r){this.packedInputs=!0,this.packedOutput=!0,this.outputShape=[],this.outputShape=R.computeOutShape(e,r);let o=this.outputShape,n=o.length,i=P(n),a=V("coords",n),l=["x","y","z","w","u","v"].slice(0,n);this.variableNames=e.map((C,g)=>`T${g}`);let s=new Array(e.length-1);s[0]=e[0][r];for(let C=1;C<s.length;C++)s[C]=s[C-1]+e[C][r];let u=l[r],c=l.slice(-2),p=l.join(),d=`if (${u} < ${s[0]}) {
        return getChannel(
            getT0(${p}), vec2(${c.join()}));
        }`;for(let C=1;C<s.length;C++){let g=s[C-1];d+=`
        if (${u} < ${s[C]}  && ${u} >= ${s[C-1]}) {
          return getChannel(
            getT${C}(${gt(l,u,g)}),
            vec2(${gt(c,u,g)}));
        }`}let h=s.length,f=s[s.length-1];d+=`
        return getChannel(
          getT${h}(${gt(l,u,f)}),
          vec2(${gt(c,u,f)}));`,this.userCode=`
      float getValue(${l.map(C=>"int "+C)}) {
        ${d}
      }

      void main() {
        ${i} coords = getOutputCoords();
        vec4 result = vec4(getValue(${a}), 0., 0., 0.);

        ${a[n-1]} = ${a[n-1]} + 1;
        if (${a[n-1]} < ${o[n-1]}) {
          result.g = getValue(${a});
        }

        ${a[n-2]} = ${a[n-2]} + 1;
        if (${a[n-2]} < ${o[n-2]}) {
          result.a = getValue(${a});
        }

        ${a[n-1]} = ${a[n-1]} - 1;
        if (${a[n-2]} < ${o[n-2]} &&
            ${a[n-1]} < ${o[n-1]}) {
          result.b = getValue(${a});
        }
        setOutput(result);
      }
    `}};function gt(t,e,r){let o=t.indexOf(e);return t.map((i,a)=>a===o?`${i} - ${r}`:i).join()}function En(t){let{inputs:e,backend:r}=t,{input:o}=e,n=r.texData.get(o.dataId);return U({inputs:{x:n.complexTensorInfos.imag},backend:r})}function ye(t,e,r){let o=t[0].dtype;if(o==="complex64"){let h=t.map(E=>xt({inputs:{input:E},backend:r})),f=t.map(E=>En({inputs:{input:E},backend:r})),C=ye(h,e,r),g=ye(f,e,r),x=oe({inputs:{real:C,imag:g},backend:r});return h.forEach(E=>r.disposeIntermediateTensorInfo(E)),f.forEach(E=>r.disposeIntermediateTensorInfo(E)),r.disposeIntermediateTensorInfo(C),r.disposeIntermediateTensorInfo(g),x}let n=r.shouldExecuteOnCPU(t);if(o==="string"&&(n=!0),n){let h=t.map(v=>{let y=[-1,m.sizeFromShape(v.shape.slice(e))];return w({inputs:{x:v},backend:r,attrs:{shape:y}})}),f=h.map(v=>({vals:r.readSync(v.dataId),shape:v.shape})),C=R.computeOutShape(h.map(v=>v.shape),1),g=h[0].shape[0]===1,x=Zo(f,C,o,g),E=R.computeOutShape(t.map(v=>v.shape),e),b=r.makeTensorInfo(E,o,x);return h.forEach(v=>r.disposeIntermediateTensorInfo(v)),b}let i=t.filter(h=>m.sizeFromShape(h.shape)>0),a=T().getBool("WEBGL_PACK_ARRAY_OPERATIONS")&&i[0].shape.length>1;if(i.length===1){let h=a?new k(t[0].shape,Y):new X(t[0].shape,Y);return r.runWebGLProgram(h,t,o)}let l=T().getNumber("WEBGL_MAX_TEXTURES_IN_SHADER");if(i.length>l){let h=[];for(let C=0;C<i.length;C+=l){let g=i.slice(C,C+l);h.push(ye(g,e,r))}let f=ye(h,e,r);for(let C of h)r.disposeIntermediateTensorInfo(C);return f}if(a){let h=new Ct(i.map(f=>f.shape),e);return r.runWebGLProgram(h,i,o)}let{tensors2D:s,outShape:u}=Hi(i,e,r),c=new mt(s.map(h=>h.shape)),p=r.runWebGLProgram(c,s,o);s.forEach(h=>r.disposeIntermediateTensorInfo(h));let d=w({inputs:{x:p},attrs:{shape:u},backend:r});return r.disposeIntermediateTensorInfo(p),d}function Hi(t,e,r){let o=R.computeOutShape(t.map(i=>i.shape),e);return{tensors2D:t.map(i=>w({inputs:{x:i},attrs:{shape:[-1,m.sizeFromShape(i.shape.slice(e))]},backend:r})),outShape:o}}function Ki(t){let{inputs:e,backend:r,attrs:o}=t,{axis:n}=o,i=m.parseAxisParam(n,e[0].shape)[0],a=e.map(u=>u.shape);R.assertParamsConsistent(a,i);let l=R.computeOutShape(e.map(u=>u.shape),i);if(m.sizeFromShape(l)===0)return r.makeTensorInfo(l,e[0].dtype,[]);let s=e.filter(u=>m.sizeFromShape(u.shape)>0);return s.length===1?U({inputs:{x:s[0]},backend:r}):ye(s,i,r)}var vn={kernelName:Yr,backendName:"webgl",kernelFunc:Ki};var Fe=class{constructor(e,r=!1,o=null,n=!1,i=!1){this.variableNames=["x","W"],this.outputShape=e.outShape;let a=e.padInfo.top,l=e.padInfo.left,s=e.strideHeight,u=e.strideWidth,c=e.dilationHeight,p=e.dilationWidth,d=e.filterHeight,h=e.filterWidth,f=Math.floor(e.inChannels/4)*4,C=e.inChannels%4,g=e.dataFormat==="channelsLast",x=g?1:2,E=g?2:3,b=g?3:1,v="",_="";o&&(n?v=`float activation(float a) {
          float b = getPreluActivationWeightsAtOutCoords();
          ${o}
        }`:i?v=`float activation(float a) {
          float b = getLeakyreluAlphaAtOutCoords();
          ${o}
        }`:v=`
          float activation(float x) {
            ${o}
          }
        `,_="result = activation(result);");let y=r?"result += getBiasAtOutCoords();":"";r&&this.variableNames.push("bias"),n&&this.variableNames.push("preluActivationWeights"),i&&this.variableNames.push("leakyreluAlpha"),this.userCode=`
      ${v}

      const ivec2 strides = ivec2(${s}, ${u});
      const ivec2 pads = ivec2(${a}, ${l});

      void main() {
        ivec4 coords = getOutputCoords();
        int batch = coords[0];
        int d2 = coords[${b}];

        ivec2 xRCCorner =
            ivec2(coords[${x}], coords[${E}]) * strides - pads;
        int xRCorner = xRCCorner.x;
        int xCCorner = xRCCorner.y;

        // Convolve x(?, ?, d1) with w(:, :, d1, d2) to get y(yR, yC, d2).
        // ? = to be determined. : = across all values in that axis.
        float dotProd = 0.0;
        for (int wR = 0; wR < ${d}; wR++) {
          int xR = xRCorner + wR * ${c};

          if (xR < 0 || xR >= ${e.inHeight}) {
            continue;
          }

          for (int wC = 0; wC < ${h}; wC++) {
            int xC = xCCorner + wC * ${p};

            if (xC < 0 || xC >= ${e.inWidth}) {
              continue;
            }

            for (int d1 = 0; d1 < ${f}; d1 += 4) {
              vec4 wValues = vec4(
                getW(wR, wC, d1, d2),
                getW(wR, wC, d1 + 1, d2),
                getW(wR, wC, d1 + 2, d2),
                getW(wR, wC, d1 + 3, d2)
              );

              if (${g}) {
                vec4 xValues = vec4(
                  getX(batch, xR, xC, d1),
                  getX(batch, xR, xC, d1 + 1),
                  getX(batch, xR, xC, d1 + 2),
                  getX(batch, xR, xC, d1 + 3)
                );
                dotProd += dot(xValues, wValues);
              } else {
                vec4 xValues = vec4(
                  getX(batch, d1, xR, xC),
                  getX(batch, d1 + 1, xR, xC),
                  getX(batch, d1 + 2, xR, xC),
                  getX(batch, d1 + 3, xR, xC)
                );
                dotProd += dot(xValues, wValues);
              }
            }

            if (${C===1}) {

              if (${g}) {
                dotProd +=
                    getX(batch, xR, xC, ${f}) *
                    getW(wR, wC, ${f}, d2);
              } else {
                dotProd +=
                    getX(batch, ${f}, xR, xC) *
                    getW(wR, wC, ${f}, d2);
              }

            } else if (${C===2}) {
              vec2 wValues = vec2(
                getW(wR, wC, ${f}, d2),
                getW(wR, wC, ${f} + 1, d2)
              );

              if (${g}) {
                vec2 xValues = vec2(
                  getX(batch, xR, xC, ${f}),
                  getX(batch, xR, xC, ${f} + 1)
                );
                dotProd += dot(xValues, wValues);
              } else {
                vec2 xValues = vec2(
                  getX(batch, ${f}, xR, xC),
                  getX(batch, ${f} + 1, xR, xC)
                );
                dotProd += dot(xValues, wValues);
              }

            } else if (${C===3}) {
              vec3 wValues = vec3(
                getW(wR, wC, ${f}, d2),
                getW(wR, wC, ${f} + 1, d2),
                getW(wR, wC, ${f} + 2, d2)
              );

              if (${g}) {
                vec3 xValues = vec3(
                  getX(batch, xR, xC, ${f}),
                  getX(batch, xR, xC, ${f} + 1),
                  getX(batch, xR, xC, ${f} + 2)
                );
                dotProd += dot(xValues, wValues);
              } else {
                vec3 xValues = vec3(
                  getX(batch, ${f}, xR, xC),
                  getX(batch, ${f} + 1, xR, xC),
                  getX(batch, ${f} + 2, xR, xC)
                );
                dotProd += dot(xValues, wValues);
              }

            }
          }
        }

        float result = dotProd;
        ${y}
        ${_}
        setOutput(result);
      }
    `}};var Oe=class{constructor(e,r=!1,o=null,n=!1,i=!1){this.variableNames=["x","W"],this.packedInputs=!0,this.packedOutput=!0,this.customUniforms=[{name:"pads",type:"ivec2"},{name:"strides",type:"ivec2"},{name:"dilations",type:"ivec2"},{name:"inDims",type:"ivec2"}],this.outputShape=e.outShape,this.enableShapeUniforms=A(this.outputShape.length);let a=e.padInfo.left,l=e.strideWidth,s=e.dilationWidth,u=e.filterHeight,c=e.filterWidth,p=c,d=`
       int xR; int xC; int xCOffset;
       vec4 wTexel; vec4 previous; vec4 final;`;for(let g=0;g<c;g++)d+=`
           vec4 xTexelC${g*2};
           int xTexelC${g*2}Ready;
           vec4 xTexelC${g*2+1};
           int xTexelC${g*2+1}Ready;
           vec4 xC${g};`;d+=`
     for (int r = 0; r < ${u}; r++) {
      for (int d1 = 0; d1 < ${e.inChannels}; d1 += 2) {
       `;for(let g=0;g<c;g++)d+=`
           xTexelC${g*2} = vec4(0.0);
           xTexelC${g*2}Ready = 0;
           xTexelC${g*2+1} = vec4(0.0);
           xTexelC${g*2+1}Ready = 0;
           xC${g} = vec4(0.0);`;d+=`
         xR = xRCorner + r * dilations[0];
         if (xR >=0 && xR < inDims[0]) {
       `;for(let g=0;g<(p+1)/2;g++){let x=g*2;if(d+=`
           xC = xCCorner + ${x*s};
           `,l===1){if(x<c&&(a%2===1?(d+=`
                 xCOffset = xC + 1;
                 if (xCOffset >= 0 && xCOffset < inDims[1] && xTexelC${x}Ready == 0) {
                   xTexelC${x} = getX(batch, xR, xCOffset, d1);

                   // Need to manually clear unused channels in case
                   // we're reading from recycled texture.
                   if (xCOffset + 1 >= inDims[1]) {
                     xTexelC${x}.zw = vec2(0.0);
                   }
                   xTexelC${x}Ready = 1;
                 }
               `,s===1&&x>0?d+=`
                 xC${x} = vec4(xTexelC${x-2}.zw, xTexelC${x}.xy);
                 `:d+=`
                   xCOffset = xC + 1 - 2;

                   if (xCOffset >= 0 && xCOffset < inDims[1]) {
                     previous = getX(batch, xR, xCOffset, d1);

                     // Need to manually clear unused channels in case
                     // we're reading from recycled texture.
                     if (xCOffset + 1 >= inDims[1]) {
                       previous.zw = vec2(0.0);
                     }

                     xC${x} = vec4(previous.zw, xTexelC${x}.xy);
                   } else {
                     xC${x} = vec4(0.0, 0.0, xTexelC${x}.xy);
                   }
                   `):d+=`
                 if (xC >= 0 && xC < inDims[1] && xTexelC${x}Ready == 0) {
                   xTexelC${x} = getX(batch, xR, xC, d1);
                   if (xC + 1 >= inDims[1]) {
                     xTexelC${x}.zw = vec2(0.0);
                   }
                   xTexelC${x}Ready = 1;
                 }

                 xC${x} = xTexelC${x};
                 `,x+1<c)){let E=a%2===0?m.nearestLargerEven(s):s;s%2===0&&a%2===1||s%2!==0&&a%2!==1?(d+=`
                   xCOffset = xC + imod(pads[1], 2) + ${E};

                   if (xCOffset >= 0 && xCOffset < inDims[1] && xTexelC${x+1}Ready == 0) {
                     xTexelC${x+1} = getX(batch, xR, xCOffset, d1);

                     // Need to manually clear unused channels in case
                     // we're reading from recycled texture.
                     if (xCOffset + 1 >= inDims[1]) {
                       xTexelC${x+1}.zw = vec2(0.0);
                     }
                     xTexelC${x+1}Ready = 1;
                   }
                   `,s>1?d+=`
                     xCOffset -= 2;
                     if (xCOffset >= 0 && xCOffset < inDims[1]) {
                      previous = getX(batch, xR, xCOffset, d1);
                      xC${x+1} = vec4(previous.zw, xTexelC${x+1}.xy);
                     } else {
                      xC${x+1} = vec4(0.0, 0.0, xTexelC${x+1}.xy);
                     }
                     `:d+=`
                     xC${x+1} = vec4(xTexelC${x}.zw, xTexelC${x+1}.xy);
                     `):E===1?d+=`
                     xC${x+1} = xTexelC${x};
                     `:d+=`
                     xCOffset = xC + ${E};

                     if (xCOffset >= 0 && xCOffset < inDims[1] && xTexelC${x+1}Ready == 0) {
                       xTexelC${x+1} = getX(batch, xR, xCOffset, d1);
                       if (xCOffset + 1 >= inDims[1]) {
                         xTexelC${x+1}.zw = vec2(0.0);
                       }
                       xTexelC${x+1}Ready = 1;
                     }

                     xC${x+1} = xTexelC${x+1};
                     `}}else x<c&&(a%2===1?(d+=`
                 xCOffset = xC + 1 - strides[1];
                 if(xCOffset >= 0 && xCOffset < inDims[1] && xTexelC${x}Ready == 0) {
                   xTexelC${x} = getX(batch, xR, xCOffset, d1);
                   // Need to manually clear unused channels in case
                   // we're reading from recycled texture.
                   if (xCOffset + 1 >= inDims[1]) {
                     xTexelC${x}.zw = vec2(0.0);
                   }
                   xTexelC${x}Ready = 1;
                 }

                 if(xC + 1 >= 0 && xC + 1 < inDims[1] && xTexelC${x+1}Ready == 0) {
                   xTexelC${x+1} = getX(batch, xR, xC + 1, d1);
                   // Need to manually clear unused channels in case
                   // we're reading from recycled texture.
                   if (xC + 2 >= inDims[1]) {
                     xTexelC${x+1}.zw = vec2(0.0);
                   }
                   xTexelC${x+1}Ready = 1;
                 }

                 xC${x} = vec4(xTexelC${x}.zw, xTexelC${x+1}.zw);
               `,x+1<c&&(d+=`
                   final = vec4(0.0);
                   xCOffset = xC + 1 + strides[1];
                   if(xCOffset >= 0 && xCOffset < inDims[1]) {
                     final = getX(batch, xR, xCOffset, d1);
                   }
                   xC${x+1} = vec4(xTexelC${x+1}.xy, final.xy);
                 `)):(d+=`
                 if(xC >= 0 && xC < inDims[1] && xTexelC${x}Ready == 0) {
                   xTexelC${x} = getX(batch, xR, xC, d1);
                   if (xC + 1 >= inDims[1]) {
                     xTexelC${x}.zw = vec2(0.0);
                   }
                   xTexelC${x}Ready = 1;
                 }

                 xCOffset = xC + strides[1];
                 if(xCOffset >= 0 && xCOffset < inDims[1] && xTexelC${x+1}Ready == 0) {
                   xTexelC${x+1} = getX(batch, xR, xCOffset, d1);
                   if (xCOffset + 1 >= inDims[1]) {
                     xTexelC${x+1}.zw = vec2(0.);
                   }
                   xTexelC${x+1}Ready = 1;
                 }

                 xC${x} = vec4(
                   xTexelC${x}.xy, xTexelC${x+1}.xy);
               `,x+1<c&&(d+=`
                   xC${x+1} = vec4(xTexelC${x}.zw, xTexelC${x+1}.zw);
                 `)));x<c&&(d+=`
             wTexel = getW(r, ${x}, d1, d2);
             dotProd += xC${x}.xxzz * vec4(wTexel.xy, wTexel.xy);
             if(d1 + 1 < ${e.inChannels}) {
               dotProd += xC${x}.yyww * vec4(wTexel.zw, wTexel.zw);
             }
           `,x+1<c&&(d+=`
               wTexel = getW(r, ${x+1}, d1, d2);
               dotProd += xC${x+1}.xxzz * vec4(wTexel.xy, wTexel.xy);
               if(d1 + 1 < ${e.inChannels}) {
                 dotProd += xC${x+1}.yyww * vec4(wTexel.zw, wTexel.zw);
               }
             `))}d+=`
     }
   `,d+=`
     }
   `,d+=`
     }
   `;let h="",f="";o&&(n?h=`vec4 activation(vec4 a) {
           vec4 b = getPreluActivationWeightsAtOutCoords();
           ${o}
         }`:i?h=`vec4 activation(vec4 a) {
           vec4 b = getLeakyreluAlphaAtOutCoords();
           ${o}
         }`:h=`vec4 activation(vec4 x) {
           ${o}
         }`,f="result = activation(result);");let C=r?"result += getBiasAtOutCoords();":"";r&&this.variableNames.push("bias"),n&&this.variableNames.push("preluActivationWeights"),i&&this.variableNames.push("leakyreluAlpha"),this.userCode=`
       ${h}

       void main() {
         ivec4 coords = getOutputCoords();
         int batch = coords.x;
         ivec2 xRCCorner = coords.yz * strides - pads;
         int d2 = coords.w;
         int xRCorner = xRCCorner.x;
         int xCCorner = xRCCorner.y;

         //intialize dotProd with a small epsilon seems to reduce GPU accuracy loss.
         vec4 dotProd = vec4(0.000000000000001);

         ${d}

         vec4 result = dotProd - vec4(0.000000000000001);
         ${C}
         ${f}
         setOutput(result);
       }
     `}};var Tt=class{constructor(e,r){this.variableNames=["A"],this.packedInputs=!0,this.packedOutput=!0,this.customUniforms=[{name:"inputShape",type:"ivec4"},{name:"pad",type:"ivec2"},{name:"stride",type:"ivec2"},{name:"dilation",type:"ivec2"},{name:"inChannels",type:"int"},{name:"itemsPerBlockRow",type:"int"},{name:"outWidth",type:"int"}],this.outputShape=e,this.enableShapeUniforms=A(this.outputShape.length);let{dataFormat:o}=r,n=D(),i=o==="channelsLast",a=i?1:2,l=i?2:3,s=this.enableShapeUniforms?"if(blockIndex < outShape[2] && pos < outShape[1]) {":`if(blockIndex < ${e[2]} && pos < ${e[1]}) {`,u="";for(let c=0;c<=1;c++)for(let p=0;p<=1;p++)u+=`
          blockIndex = rc.z + ${p};
          pos = rc.y + ${c};

          ${s}
            offsetY = int(blockIndex / outWidth) * stride[0] - pad[0];
            d0 = offsetY + dilation[0] * (pos / itemsPerBlockRow);

            if(d0 < inputShape[${a}] && d0 >= 0) {
              // Use custom imod instead mod. On Intel GPU, mod may generate
              // unexpected value.
              // https://github.com/tensorflow/tfjs/issues/5447
              offsetX = imod(blockIndex, outWidth) * stride[1] - pad[1];
              d1 = offsetX + dilation[1] * (imod(pos, itemsPerBlockRow) /
                  inChannels);

              if(d1 < inputShape[${l}] && d1 >= 0) {

                ch = imod(pos, inChannels);

                if (${i}) {
                  innerDims = vec2(d1, ch);
                  result[${c*2+p}] = getChannel(
                    getA(rc.x, d0, int(innerDims.x),
                    int(innerDims.y)), innerDims);
                } else {
                  innerDims = vec2(d0, d1);
                  result[${c*2+p}] = getChannel(
                    getA(rc.x, ch, int(innerDims.x),
                    int(innerDims.y)), innerDims);
                }
              }
            }
          }
        `;this.userCode=`
      void main() {
        ivec3 rc = getOutputCoords();

        vec4 result = vec4(0);

        int blockIndex, pos, offsetY, d0, offsetX, d1, ch;
        vec2 innerDims;

        ${u}

        ${n.output} = result;
      }
    `}};function $t(t,e){let r=t.length;return r>=3?e?[...t.slice(0,-3),t[r-3]*t[r-2],t[r-1]]:[...t.slice(0,-3),t[r-3],t[r-2]*t[r-1]]:!e&&r===1&&t[0]>1?[t[0],1]:null}function Et({x:t,filter:e,convInfo:r,backend:o,bias:n=null,preluActivationWeights:i=null,leakyreluAlpha:a=0,activation:l=null}){let s=t.shape,u=o.texData.get(t.dataId),c=r.inChannels,p=s[0]*s[1]*s[2],d=r.outChannels,h=r.dataFormat==="channelsLast",f=!1,C=!1,g,x=[];if(i!=null){let v=$t(i.shape,h);v!=null&&(i=w({inputs:{x:i},backend:o,attrs:{shape:v}}),x.push(i))}if(n!=null){let v=$t(n.shape,h);v!=null&&(n=w({inputs:{x:n},backend:o,attrs:{shape:v}}),x.push(n))}if(!((p===1||d===1)&&c>$r)&&u.isPacked&&h&&u.texture!=null&&s[2]%2!==0&&m.arraysEqual(u.shape.slice(-3),s.slice(-3))){let v=s[0]*s[1]*(s[2]+1),_={dataId:t.dataId,shape:[1,v,r.inChannels],dtype:t.dtype},y=u.shape;u.shape=u.shape.slice(),u.shape[u.shape.length-2]++,m.assert(re(u.shape,_.shape),()=>`packed reshape ${u.shape} to ${_.shape} isn't free`);let I=w({inputs:{x:e},backend:o,attrs:{shape:[1,r.inChannels,r.outChannels]}});x.push(I);let F=He({a:_,b:I,backend:o,transposeA:f,transposeB:C,bias:n,activation:l,preluActivationWeights:i,leakyreluAlpha:a}),O=o.texData.get(F.dataId);m.assert(O.isPacked,()=>"batchMatMul result is expected to be packed"),u.shape=y,O.shape=r.outShape,g=U({inputs:{x:F},backend:o}),g.shape=r.outShape,x.push(F)}else{let v=r.outHeight*r.outWidth,_=w({inputs:{x:t},backend:o,attrs:{shape:h?[r.batchSize,v,r.inChannels]:[r.batchSize,r.inChannels,v]}}),y=w({inputs:{x:e},backend:o,attrs:{shape:[1,r.inChannels,r.outChannels]}}),I=He({a:h?_:y,b:h?y:_,transposeA:!h,transposeB:C,backend:o,bias:n,activation:l,preluActivationWeights:i,leakyreluAlpha:a});g=w({inputs:{x:I},backend:o,attrs:{shape:r.outShape}}),x.push(_),x.push(y),x.push(I)}for(let v of x)o.disposeIntermediateTensorInfo(v);return g}function vt({x:t,filter:e,convInfo:r,backend:o,bias:n=null,preluActivationWeights:i=null,leakyreluAlpha:a=0,activation:l=null}){let{filterWidth:s,filterHeight:u,inChannels:c,outWidth:p,outHeight:d,dataFormat:h}=r,f=h==="channelsLast",C=s*u*c,g=d*p,x=[r.batchSize,C,g],E=!0,b=!1,v=[];if(i!=null){let G=$t(i.shape,f);G!=null&&(i=w({inputs:{x:i},backend:o,attrs:{shape:G}}),v.push(i))}if(n!=null){let G=$t(n.shape,f);G!=null&&(n=w({inputs:{x:n},backend:o,attrs:{shape:G}}),v.push(n))}let _=w({inputs:{x:e},backend:o,attrs:{shape:[1,C,m.sizeFromShape(e.shape)/C]}});v.push(_);let y=new Tt(x,r),I=[t.shape,[r.padInfo.top,r.padInfo.left],[r.strideHeight,r.strideWidth],[r.dilationHeight,r.dilationWidth],[r.inChannels],[r.filterWidth*r.inChannels],[r.outWidth]],F=o.runWebGLProgram(y,[t],"float32",I),O=w({inputs:{x:F},backend:o,attrs:{shape:x}});v.push(F),v.push(O);let N=n!=null,H=i!=null,J=l==="leakyrelu",Pe=l?pe(l,!0):null,Le=new Ie(f?O.shape:_.shape,f?_.shape:O.shape,f?[r.batchSize,g,r.outChannels]:[r.batchSize,r.outChannels,g],E,b,N,Pe,H,J),ie=f?[O,_]:[_,O];if(n&&ie.push(n),H&&ie.push(i),J){let G=o.makeTensorInfo([],"float32",m.createScalarValue(a,"float32"));ie.push(G),v.push(G)}let qe=o.runWebGLProgram(Le,ie,"float32"),he=w({inputs:{x:qe},backend:o,attrs:{shape:r.outShape}});v.push(qe);for(let G of v)o.disposeIntermediateTensorInfo(G);return he}function Yi(t){let{inputs:e,backend:r,attrs:o}=t,{x:n,filter:i}=e,{strides:a,pad:l,dataFormat:s,dilations:u,dimRoundingMode:c}=o,p=R.convertConv2DDataFormat(s),d=R.computeConv2DInfo(n.shape,i.shape,a,u,l,c,!1,p),h;if(d.filterHeight===1&&d.filterWidth===1&&d.dilationHeight===1&&d.dilationWidth===1&&d.strideHeight===1&&d.strideWidth===1&&(d.padInfo.type==="SAME"||d.padInfo.type==="VALID"))h=Et({x:n,filter:i,convInfo:d,backend:r});else if(d.strideWidth<=2&&p==="channelsLast"&&T().getBool("WEBGL_EXP_CONV")){let C=new Oe(d),g=[[d.padInfo.top,d.padInfo.left],[d.strideHeight,d.strideWidth],[d.dilationHeight,d.dilationWidth],[d.inHeight,d.inWidth]];h=r.runWebGLProgram(C,[n,i],"float32",g)}else if(T().getBool("WEBGL_CONV_IM2COL"))h=vt({x:n,filter:i,convInfo:d,backend:r});else{let C=new Fe(d);h=r.runWebGLProgram(C,[n,i],"float32")}let f=w({inputs:{x:h},backend:r,attrs:{shape:d.outShape}});return r.disposeIntermediateTensorInfo(h),f}var Sn={kernelName:qr,backendName:"webgl",kernelFunc:Yi};function qi(t){let{inputs:e,backend:r,attrs:o}=t,{x:n,filter:i,bias:a,preluActivationWeights:l}=e,{strides:s,pad:u,dataFormat:c,dilations:p,dimRoundingMode:d,activation:h,leakyreluAlpha:f}=o,C=R.convertConv2DDataFormat(c),g=R.computeConv2DInfo(n.shape,i.shape,s,p,u,d,!1,C),x,E=[],b=a!=null,v=l!=null,_=h==="leakyrelu",y=()=>{let F=[n,i],O=(N,H)=>{if(H==="NCHW"&&N.shape.length===1&&N.shape[0]!==1){let J=w({inputs:{x:N},backend:r,attrs:{shape:[N.shape[0],1,1]}});return E.push(J),J}return N};if(b&&F.push(O(a,c)),v&&F.push(O(l,c)),_){let N=r.makeTensorInfo([],"float32",m.createScalarValue(f,"float32"));F.push(N),E.push(N)}return F};if(g.filterHeight===1&&g.filterWidth===1&&g.dilationHeight===1&&g.dilationWidth===1&&g.strideHeight===1&&g.strideWidth===1&&(g.padInfo.type==="SAME"||g.padInfo.type==="VALID"))x=Et({x:n,filter:i,convInfo:g,backend:r,bias:a,activation:h,preluActivationWeights:l,leakyreluAlpha:f});else if(g.strideWidth<=2&&C==="channelsLast"&&T().getBool("WEBGL_EXP_CONV")){let F=h?pe(h,!0):null,O=new Oe(g,b,F,v,_),N=[[g.padInfo.top,g.padInfo.left],[g.strideHeight,g.strideWidth],[g.dilationHeight,g.dilationWidth],[g.inHeight,g.inWidth]],H=y();x=r.runWebGLProgram(O,H,"float32",N)}else if(T().getBool("WEBGL_CONV_IM2COL"))x=vt({x:n,filter:i,convInfo:g,backend:r,bias:a,activation:h,preluActivationWeights:l,leakyreluAlpha:f});else{let F=h?pe(h,!1):null,O=new Fe(g,b,F,v,_),N=y();x=r.runWebGLProgram(O,N,"float32")}let I=w({inputs:{x},backend:r,attrs:{shape:g.outShape}});return E.push(x),E.forEach(F=>r.disposeIntermediateTensorInfo(F)),I}var Rn={kernelName:io,backendName:"webgl",kernelFunc:qi};var St=class{constructor(e,r,o){this.variableNames=["x"],this.outputShape=r.map((c,p)=>c[0]+e[p]+c[1]);let n=e.length,i=P(n),a=r.map(c=>c[0]).join(","),l=r.map((c,p)=>c[0]+e[p]).join(","),s=["coords[0]","coords[1]","coords[2]","coords[3]"].slice(0,n),u=o==="reflect"?0:1;if(n===1){this.userCode=`
        int start = ${a};
        int end = ${l};

        void main() {
          int outC = getOutputCoords();
          if (outC < start) {
            outC = start * 2 - outC - ${u};
          } else if(outC >= end) {
            outC = (end - 1) * 2 - outC + ${u};
          }
          setOutput(getX(outC - start));
        }
      `;return}this.userCode=`
      ${i} start = ${i}(${a});
      ${i} end = ${i}(${l});

      void main() {
        ${i} outC = getOutputCoords();
        for (int i = 0; i < ${n}; i++) {
          if (outC[i] < start[i]) {
            outC[i] = start[i] * 2 - outC[i] - ${u};
          } else if(outC[i] >= end[i]) {
            outC[i] = (end[i] - 1) * 2 - outC[i] + ${u};
          }
        }
        ${i} coords = outC - start;
        setOutput(getX(${s}));
      }
    `}};var Rt=class{constructor(e,r,o){this.variableNames=["x"],this.packedInputs=!0,this.packedOutput=!0,this.outputShape=r.map((f,C)=>f[0]+e[C]+f[1]);let n=e.length,i=P(n),a=r.map(f=>f[0]).join(","),l=r.map((f,C)=>f[0]+e[C]).join(","),s=V("rc",n),u=V("source",n),c=`${s[n-1]} < ${this.outputShape[n-1]}`,p=n===1?"source":`vec2(${u.slice(-2).join()})`,d=o==="reflect"?0:1,h="";if(n===1){let f=`
        ${i} source = rc;
        if (source < start) {
          source = start * 2 - source - ${d};
        } else if (source >= end) {
          source = (end - 1) * 2 - source + ${d};
        }
        source -= start;
      `;h=`
        ${i} rc = outputLoc;
        ${f}
        result[0] = getChannel(getX(${u.join()}), ${p});
        ${s[n-1]} += 1;
        if(${c}) {
          ${f}
          result[1] = getChannel(getX(${u.join()}), ${p});
        }
      `}else{let f=`
        ${i} source = rc;
        ${i} lt = ${i}(lessThan(source, start));
        ${i} gte = ${i}(greaterThanEqual(source, end));
        ${i} orig = 1 - (lt + gte);
        source = orig * source +
                lt * (start * 2 - source - ${d}) +
                gte * ((end - 1) * 2 - source + ${d});
        source -= start;
      `;h=`
        ${i} rc = outputLoc;
        ${f}
        result[0] = getChannel(getX(${u.join()}), ${p});
        ${s[n-1]} += 1;
        if(${c}) {
          ${f}
          result[1] = getChannel(getX(${u.join()}), ${p});
        }
        rc = outputLoc;
        ${s[n-2]} += 1;
        if(${s[n-2]} < ${this.outputShape[n-2]}) {
          ${f}
          result[2] = getChannel(getX(${u.join()}), ${p});
          ${s[n-1]} += 1;
          if(${c}) {
            ${f}
            result[3] = getChannel(getX(${u.join()}), ${p});
          }
        }
      `}this.userCode=`
      const ${i} start = ${i}(${a});
      const ${i} end = ${i}(${l});

      void main() {
        ${i} outputLoc = getOutputCoords();
        vec4 result = vec4(0.);
        ${h}
        setOutput(result);
      }
    `}};var ji=({inputs:t,backend:e,attrs:r})=>{let{x:o}=t,{paddings:n,mode:i}=r,a=T().getBool("WEBGL_PACK_ARRAY_OPERATIONS")?new Rt(o.shape,n,i):new St(o.shape,n,i);return e.runWebGLProgram(a,[o],o.dtype)},_n={kernelName:Zr,backendName:"webgl",kernelFunc:ji};var Qi=`
if (a == b) {
  return 1.0;
};
return a / b;`,Zi=`
  // vec4 one = vec4(equal(a, b));
  // return one + (vec4(1.0) - one) * a / b;
  vec4 result = a / b;
  if(a.x == b.x) {
    result.x = 1.;
  }
  if(a.y == b.y) {
    result.y = 1.;
  }
  if(a.z == b.z) {
    result.z = 1.;
  }
  if(a.w == b.w) {
    result.w = 1.;
  }

  return result;
`,Ji=ne({opSnippet:Qi,packedOpSnippet:Zi,checkOutOfBounds:!0}),bn={kernelName:jr,backendName:"webgl",kernelFunc:Ji};var _t=class{constructor(e){this.variableNames=["source"],this.outputShape=e,this.rank=e.length;let r=P(this.rank);this.customUniforms=[{name:"start",arrayIndex:this.rank,type:"int"}];let o=ea(this.rank),n,i=e.map((a,l)=>`sourceLoc.${vr[l]} = start[${l}] + coords.${vr[l]};`);n=`
        ${r} sourceLoc;
        ${r} coords = getOutputCoords();
        ${i.join(`
`)}
      `,this.userCode=`
      void main() {
        ${n}
        setOutput(getSource(${o}));
      }
    `}},vr=["x","y","z","w","u","v"];function ea(t){if(t===1)return"sourceLoc";if(t<=6)return vr.slice(0,t).map(e=>"sourceLoc."+e).join(",");throw Error(`Slicing for rank ${t} is not yet supported`)}var bt=class{constructor(e){this.variableNames=["source"],this.packedInputs=!0,this.packedOutput=!0,this.outputShape=e,this.rank=e.length,this.customUniforms=[{name:"start",arrayIndex:this.rank,type:"int"}];let r=P(this.rank),o=V("coords",this.rank),n=V("sourceLoc",this.rank),i=this.rank===1?"sourceLoc":`vec2(${n.slice(-2).join()})`,a=`getChannel(getSource(${n.join()}), ${i})`,l=`
      result.x = ${a};
      if (++${o[this.rank-1]} < ${e[this.rank-1]}) {
        ++${n[this.rank-1]};
        result.y = ${a};
        --${n[this.rank-1]};
      }
    `,s=this.rank===1?"":`
      --${o[this.rank-1]};
      if (++${o[this.rank-2]} < ${e[this.rank-2]}) {
        ++${n[this.rank-2]};
        result.z = ${a};
        if (++${o[this.rank-1]} < ${e[this.rank-1]}) {
          ++${n[this.rank-1]};
          result.w = ${a};
        }
      }
    `,u=this.rank<=4?`sourceLoc = coords +
            ${r}(${e.map((c,p)=>`start[${p}]`).join()});`:e.map((c,p)=>`${n[p]} = ${o[p]} + start[${p}];`).join(`
`);this.userCode=`
      void main() {
        ${r} coords = getOutputCoords();
        ${r} sourceLoc;
        ${u}
        vec4 result = vec4(0.);
        ${l}
        ${s}
        setOutput(result);
      }
    `}};function ta(t,e,r,o){let n=o.texData.get(t.dataId),i=o.makeTensorInfo(r,t.dtype),a=o.texData.get(i.dataId);Object.assign(a,n),a.refCount=1,a.shape=r,a.dtype=t.dtype;let l=Be.computeFlatOffset(e,m.computeStrides(t.shape));n.slice&&(l+=n.slice.flatOffset),a.slice={flatOffset:l,origDataId:n.slice&&n.slice.origDataId||t.dataId};let s=o.dataRefCount.get(a.slice.origDataId)||1;return o.dataRefCount.set(a.slice.origDataId,s+1),i}function ra(t){let{inputs:e,backend:r,attrs:o}=t,{x:n}=e,{begin:i,size:a}=o,[l,s]=Be.parseSliceParams(n,i,a);if(Be.assertParamsValid(n,l,s),m.sizeFromShape(s)===0)return r.makeTensorInfo(s,n.dtype,[]);if(r.shouldExecuteOnCPU([n])||n.dtype==="string"){let p=r.texData.get(n.dataId),d=rn(p.values,l,s,n.shape,n.dtype);return r.makeTensorInfo(s,n.dtype,d)}let{isPacked:u}=r.texData.get(n.dataId),c=Be.isSliceContinous(n.shape,l,s);if(u||!c){let p=T().getBool("WEBGL_PACK_ARRAY_OPERATIONS")?new bt(s):new _t(s),d=[l];return r.runWebGLProgram(p,[n],n.dtype,d)}return r.uploadToGPU(n.dataId),ta(n,l,s,r)}var wn={kernelName:to,backendName:"webgl",kernelFunc:ra};var oa="return x * x;",na=qo({opSnippet:oa}),In={kernelName:ro,backendName:"webgl",kernelFunc:na};function ia({inputs:t,attrs:e,backend:r}){let{x:o}=t,n=st+`
    return x > 0.0 ? 1.0 : float(${e.alpha});
  `,i=new k(o.shape,n);return r.runWebGLProgram(i,[o],o.dtype)}var An={kernelName:no,backendName:"webgl",kernelFunc:ia};var yn="return a - b;",sa=ne({opSnippet:yn,packedOpSnippet:yn,supportsComplex:!0,cpuKernelImpl:on}),Fn={kernelName:"Sub",backendName:"webgl",kernelFunc:sa};var S=T();S.registerFlag("HAS_WEBGL",()=>S.getNumber("WEBGL_VERSION")>0);S.registerFlag("WEBGL_VERSION",()=>at(2)?2:at(1)?1:0);S.registerFlag("WEBGL_CHECK_NUMERICAL_PROBLEMS",()=>!1);S.registerFlag("WEBGL_BUFFER_SUPPORTED",()=>S.get("WEBGL_VERSION")===2);S.registerFlag("WEBGL_CPU_FORWARD",()=>!0);S.registerFlag("WEBGL_FORCE_F16_TEXTURES",()=>!1);S.registerFlag("WEBGL_PACK",()=>S.getBool("HAS_WEBGL"));S.registerFlag("WEBGL_PACK_NORMALIZATION",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_PACK_CLIP",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_PACK_DEPTHWISECONV",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_PACK_BINARY_OPERATIONS",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_PACK_UNARY_OPERATIONS",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_PACK_ARRAY_OPERATIONS",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_PACK_IMAGE_OPERATIONS",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_PACK_REDUCE",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_LAZILY_UNPACK",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_CONV_IM2COL",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_PACK_CONV2DTRANSPOSE",()=>S.getBool("WEBGL_PACK"));S.registerFlag("WEBGL_MAX_TEXTURE_SIZE",()=>sr(S.getNumber("WEBGL_VERSION")));S.registerFlag("WEBGL_MAX_TEXTURES_IN_SHADER",()=>lr(S.getNumber("WEBGL_VERSION")));S.registerFlag("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_VERSION",()=>{let t=S.getNumber("WEBGL_VERSION");return t===0?0:ur(t)});S.registerFlag("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_RELIABLE",()=>S.getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_VERSION")>0&&!Ue.isMobile());S.registerFlag("WEBGL_RENDER_FLOAT32_CAPABLE",()=>cr(S.getNumber("WEBGL_VERSION")));S.registerFlag("WEBGL_RENDER_FLOAT32_ENABLED",()=>S.getBool("WEBGL_FORCE_F16_TEXTURES")?!1:S.getBool("WEBGL_RENDER_FLOAT32_CAPABLE"));S.registerFlag("WEBGL_DOWNLOAD_FLOAT_ENABLED",()=>pr(S.getNumber("WEBGL_VERSION")));S.registerFlag("WEBGL_FENCE_API_ENABLED",()=>dr(S.getNumber("WEBGL_VERSION")));S.registerFlag("WEBGL_SIZE_UPLOAD_UNIFORM",()=>S.getBool("WEBGL_RENDER_FLOAT32_ENABLED")?4:0);S.registerFlag("WEBGL_DELETE_TEXTURE_THRESHOLD",()=>-1,t=>{if(typeof t!="number")throw new Error(`WEBGL_DELETE_TEXTURE_THRESHOLD must be a number but got ${t}.`);if(t<0&&t!==-1)throw new Error(`WEBGL_DELETE_TEXTURE_THRESHOLD must be -1 (indicating never delete) or at least 0, but got ${t}.`)});S.registerFlag("WEBGL_FLUSH_THRESHOLD",()=>Ue.isMobile()?1:-1,t=>{if(typeof t!="number")throw new Error(`WEBGL_FLUSH_THRESHOLD must be a number but got ${t}.`);if(t<0&&t!==-1)throw new Error(`WEBGL_FLUSH_THRESHOLD must be -1 (indicating never manual flush) or at least 0, but got ${t}.`)});S.registerFlag("CPU_HANDOFF_SIZE_THRESHOLD",()=>128);S.registerFlag("WEBGL_USE_SHAPES_UNIFORMS",()=>!1);S.registerFlag("TOPK_LAST_DIM_CPU_HANDOFF_SIZE_THRESHOLD",()=>1e5);S.registerFlag("TOPK_K_CPU_HANDOFF_THRESHOLD",()=>128);S.registerFlag("WEBGL_EXP_CONV",()=>!1);S.registerFlag("SOFTWARE_WEBGL_ENABLED",()=>S.getBool("IS_TEST"));S.registerFlag("WEBGL_MAX_SIZE_FOR_NARROW_TEXTURE",()=>1/0);S.registerFlag("WEBGL_AUTO_SQUARIFY_NARROW_TEXTURE_SHAPE",()=>!1);S.registerFlag("WEBGL2_ISNAN_CUSTOM",()=>!1);S.registerFlag("ENGINE_COMPILE_ONLY",()=>!1);var wt=class{constructor(e){this.variableNames=["A"],this.packedInputs=!1,this.packedOutput=!0,this.outPackingScheme=te.DENSE,this.customUniforms=[{name:"texShape",type:"ivec2"}];let r=D();this.outputShape=e,this.enableShapeUniforms=A(this.outputShape.length),this.userCode=`
      ivec3 outCoordsFromFlatIndex(int index) {
        ${this.enableShapeUniforms?ae(["r","c","d"],e):z(["r","c","d"],e)}
        return ivec3(r, c, d);
      }

      void main() {
        ivec2 resTexRC = ivec2(resultUV.yx * vec2(texShape[0], texShape[1]));
        int index = 4 * (resTexRC.x * texShape[1] + resTexRC.y);

        vec4 result = vec4(0.);

        for (int i=0; i<4; i++) {
          int flatIndex = index + i;
          ivec3 rc = outCoordsFromFlatIndex(flatIndex);
          result[i] = getA(rc.x, rc.y, rc.z);
        }

        ${r.output} = result;
      }
    `}};var It=class{constructor(e){this.variableNames=["A"],this.packedInputs=!0,this.packedOutput=!0,this.outPackingScheme=te.DENSE,this.customUniforms=[{name:"texShape",type:"ivec2"}];let r=D();this.outputShape=e,this.enableShapeUniforms=A(this.outputShape.length),this.userCode=`
      ivec3 outCoordsFromFlatIndex(int index) {
        ${this.enableShapeUniforms?ae(["r","c","d"],e):z(["r","c","d"],e)}
        return ivec3(r, c, d);
      }

      void main() {
        ivec2 resTexRC = ivec2(resultUV.yx * vec2(texShape[0], texShape[1]));
        int index = 4 * (resTexRC.x * texShape[1] + resTexRC.y);

        vec4 result = vec4(0.);

        for (int i=0; i<4; i++) {
          int flatIndex = index + i;
          ivec3 rc = outCoordsFromFlatIndex(flatIndex);
          result[i] = getChannel(getA(rc.x, rc.y, rc.z), vec2(rc.y, rc.z));
        }

        ${r.output} = result;
      }
    `}};var At=class{constructor(e){this.variableNames=["A"],this.outTexUsage=B.DOWNLOAD;let r=D();this.outputShape=e,this.userCode=`
      ${Qe}

      void main() {
        float x = getAAtOutCoords();
        ${r.output} = encode_float(x);
      }
    `}};var yt=class{constructor(e){this.variableNames=["A"],this.packedInputs=!0,this.packedOutput=!1,this.outTexUsage=B.DOWNLOAD;let r=D();this.outputShape=e,this.userCode=`
      ${Qe}

      void main() {
        ivec3 coords = getOutputCoords();
        float x = getChannel(getAAtOutCoords(), vec2(coords.y, coords.z));
        ${r.output} = encode_float(x);
      }
    `}};var la={R:0,G:1,B:2,A:3},Ke=class{constructor(e,r=!1,o="RGBA"){this.variableNames=["A"],this.customUniforms=[{name:"texShape",type:"ivec2"}];let n=D();this.outputShape=e,this.enableShapeUniforms=A(this.outputShape.length);let i="result";r&&(i="floor(result * 255. + 0.5)");let a="";for(let l=0;l<o.length;l++){let s=o[l];a+=`
          if(offset == ${l}) {
            result = values[${la[s]}];
          }`}this.userCode=`
      ${this.enableShapeUniforms?ge():me(e)}

      void main() {
        ivec3 coords = getOutputCoords();
        int flatIndex = getFlatIndex(coords);
        float result = 0.;
        int offset = imod(flatIndex, ${o.length});

        flatIndex = idiv(flatIndex, ${o.length}, 1.);

        int r = flatIndex / texShape[1];
        if (r < texShape[0]) {
          int c = imod(flatIndex, texShape[1]);
          vec2 uv = (vec2(c, r) + halfCR) / vec2(texShape[1], texShape[0]);
          vec4 values = ${n.texture2D}(A, uv);
          ${a}
        }
        ${n.output} = vec4(${i}, 0., 0., 0.);
      }
    `}};var Ft=class{constructor(e,r=!1){this.variableNames=["A"],this.packedInputs=!1,this.packedOutput=!0,this.customUniforms=[{name:"texShape",type:"ivec2"}];let o=D();this.outputShape=e,this.enableShapeUniforms=A(this.outputShape.length);let n="",i="result";r&&(i="floor(result * 255. + 0.5)");for(let a=0;a<=1;a++)for(let l=0;l<=1;l++){let s=a*2+l;n+=`
          localCoords = coords;
          if(localCoords[2] + ${l} < ${this.enableShapeUniforms?"outShape[2]":`${e[2]}`}) {
          localCoords[2] += ${l};
          if (localCoords[1] + ${a} < ${this.enableShapeUniforms?"outShape[1]":`${e[1]}`}) {
            localCoords[1] += ${a};

            flatIndex = getFlatIndex(localCoords);
            offset = imod(flatIndex, 4);

            flatIndex = idiv(flatIndex, 4, 1.);

            int r = flatIndex / texShape[1];
            int c = imod(flatIndex, texShape[1]);
            vec2 uv = (vec2(c, r) + halfCR) / vec2(texShape[1], texShape[0]);
            values = ${o.texture2D}(A, uv);

            if (offset == 0) {
              result[${s}] = values[0];
            } else if (offset == 1) {
              result[${s}] = values[1];
            } else if (offset == 2) {
              result[${s}] = values[2];
            } else {
              result[${s}] = values[3];
            }
          }
        }
        `}this.userCode=`
        ${this.enableShapeUniforms?ge():me(e)}

        void main() {
          ivec3 coords = getOutputCoords();

          vec4 result = vec4(0.);
          int flatIndex, r, c, offset;
          ivec3 localCoords;
          vec2 uv;
          vec4 values;

          ${n}

          ${o.output} = ${i};
        }
    `}};var kr={};Wr(kr,{bindVertexProgramAttributeStreams:()=>Fr,createBufferFromOutputTexture:()=>Pr,createFloat16MatrixTexture:()=>wr,createFloat16PackedMatrixTexture:()=>yr,createFloat32MatrixTexture:()=>br,createIndexBuffer:()=>_r,createPackedMatrixTexture:()=>Ar,createUnsignedBytesMatrixTexture:()=>Ir,createVertexBuffer:()=>Rr,createVertexShader:()=>Sr,downloadByteEncodedFloatMatrixFromOutputTexture:()=>Nr,downloadFloat32MatrixFromBuffer:()=>Lr,downloadMatrixFromPackedOutputTexture:()=>Br,downloadPackedMatrixFromBuffer:()=>Ur,getInternalFormatForFloat16MatrixTexture:()=>Dt,getInternalFormatForFloat16PackedMatrixTexture:()=>Nt,getInternalFormatForFloat32MatrixTexture:()=>Ot,getInternalFormatForPackedMatrixTexture:()=>Lt,getInternalFormatForUnsignedBytesMatrixTexture:()=>Pt,uploadDenseMatrixToTexture:()=>Or,uploadPixelDataToTexture:()=>Dr});function Sr(t){let e=D(),r=`${e.version}
    precision highp float;
    ${e.attribute} vec3 clipSpacePos;
    ${e.attribute} vec2 uv;
    ${e.varyingVs} vec2 resultUV;

    void main() {
      gl_Position = vec4(clipSpacePos, 1);
      resultUV = uv;
    }`;return Yt(t,r)}function Rr(t){let e=new Float32Array([-1,1,0,0,1,-1,-1,0,0,0,1,1,0,1,1,1,-1,0,1,0]);return Zt(t,e)}function _r(t){let e=new Uint16Array([0,1,2,2,1,3]);return Jt(t,e)}function Ye(t,e,r,o,n,i){tr(e,r);let a=er(t),l=t.TEXTURE_2D;return $(t,()=>t.bindTexture(l,a)),$(t,()=>t.texParameteri(l,t.TEXTURE_WRAP_S,t.CLAMP_TO_EDGE)),$(t,()=>t.texParameteri(l,t.TEXTURE_WRAP_T,t.CLAMP_TO_EDGE)),$(t,()=>t.texParameteri(l,t.TEXTURE_MIN_FILTER,t.NEAREST)),$(t,()=>t.texParameteri(l,t.TEXTURE_MAG_FILTER,t.NEAREST)),T().getNumber("WEBGL_VERSION")===1?$(t,()=>t.texImage2D(l,0,o,e,r,0,n,i,null)):$(t,()=>t.texStorage2D(l,1,o,e,r)),$(t,()=>t.bindTexture(t.TEXTURE_2D,null)),{texture:a,texShape:[r,e]}}function Ot(t){return t.internalFormatFloat}function br(t,e,r,o){let[n,i]=ue(e,r);return Ye(t,n,i,Ot(o),o.textureFormatFloat,t.FLOAT)}function Dt(t){return t.internalFormatHalfFloat}function wr(t,e,r,o){let[n,i]=ue(e,r);return Ye(t,n,i,Dt(o),o.textureFormatFloat,o.textureTypeHalfFloat)}function Pt(t){return t.downloadTextureFormat}function Ir(t,e,r,o){let[n,i]=ue(e,r);return Ye(t,n,i,Pt(o),t.RGBA,t.UNSIGNED_BYTE)}function Lt(t){return t.internalFormatPackedFloat}function Ar(t,e,r,o){let[n,i]=K(e,r);return Ye(t,n,i,Lt(o),t.RGBA,t.FLOAT)}function Nt(t){return t.internalFormatPackedHalfFloat}function yr(t,e,r,o){let[n,i]=K(e,r);return Ye(t,n,i,Nt(o),t.RGBA,o.textureTypeHalfFloat)}function Fr(t,e,r){return $(t,()=>t.bindBuffer(t.ARRAY_BUFFER,r)),nt(t,e,"clipSpacePos",r,3,20,0)&&nt(t,e,"uv",r,2,20,12)}function Or(t,e,r,o,n,i){$(t,()=>t.bindTexture(t.TEXTURE_2D,e));let a,l,s;n instanceof Uint8Array?(a=new Uint8Array(r*o*4),l=t.UNSIGNED_BYTE,s=t.RGBA):(a=new Float32Array(r*o*4),l=t.FLOAT,s=i.internalFormatPackedFloat),a.set(n),T().getNumber("WEBGL_VERSION")===2?$(t,()=>t.texSubImage2D(t.TEXTURE_2D,0,0,0,r,o,t.RGBA,l,a)):$(t,()=>t.texImage2D(t.TEXTURE_2D,0,s,r,o,0,t.RGBA,l,a)),$(t,()=>t.bindTexture(t.TEXTURE_2D,null))}function Dr(t,e,r){$(t,()=>t.bindTexture(t.TEXTURE_2D,e)),r.data instanceof Uint8Array?T().getNumber("WEBGL_VERSION")===2?$(t,()=>t.texSubImage2D(t.TEXTURE_2D,0,0,0,r.width,r.height,t.RGBA,t.UNSIGNED_BYTE,r.data)):$(t,()=>t.texImage2D(t.TEXTURE_2D,0,t.RGBA,r.width,r.height,0,t.RGBA,t.UNSIGNED_BYTE,r.data)):T().getNumber("WEBGL_VERSION")===2?$(t,()=>t.texSubImage2D(t.TEXTURE_2D,0,0,0,t.RGBA,t.UNSIGNED_BYTE,r)):$(t,()=>t.texImage2D(t.TEXTURE_2D,0,t.RGBA,t.RGBA,t.UNSIGNED_BYTE,r)),$(t,()=>t.bindTexture(t.TEXTURE_2D,null))}function Pr(t,e,r,o){let n=t.createBuffer();$(t,()=>t.bindBuffer(t.PIXEL_PACK_BUFFER,n));let l=4*4*e*r;return $(t,()=>t.bufferData(t.PIXEL_PACK_BUFFER,l,t.STREAM_READ)),$(t,()=>t.readPixels(0,0,r,e,t.RGBA,t.FLOAT,0)),$(t,()=>t.bindBuffer(t.PIXEL_PACK_BUFFER,null)),n}function Lr(t,e,r){let o=t,n=new Float32Array(r);return o.bindBuffer(o.PIXEL_PACK_BUFFER,e),o.getBufferSubData(o.PIXEL_PACK_BUFFER,0,n),o.bindBuffer(o.PIXEL_PACK_BUFFER,null),n}function Nr(t,e,r,o){let[n,i]=ue(e,r),a=4,l=new Uint8Array(vo(e*r,a));return $(t,()=>t.readPixels(0,0,n,i,o.downloadTextureFormat,t.UNSIGNED_BYTE,l)),new Float32Array(l.buffer)}function Ur(t,e,r,o,n,i,a,l){let s=t,u=new Float32Array(So(i,a));return s.bindBuffer(s.PIXEL_PACK_BUFFER,e),s.getBufferSubData(s.PIXEL_PACK_BUFFER,0,u),s.bindBuffer(s.PIXEL_PACK_BUFFER,null),u}function Br(t,e,r){let o=new Float32Array(e*r*4);return $(t,()=>t.readPixels(0,0,r,e,t.RGBA,t.FLOAT,o)),o}var de=class{constructor(e){this.outputTexture=null,this.program=null,this.disposed=!1,this.itemsToPoll=[];let r=T().getNumber("WEBGL_VERSION");if(e!=null?(this.gl=e,zt(r,e)):this.gl=M(r),e=this.gl,T().getNumber("WEBGL_VERSION")===2){let i=e;this.createVertexArray=()=>$(i,()=>i.createVertexArray()),this.bindVertexArray=a=>$(i,()=>i.bindVertexArray(a)),this.deleteVertexArray=a=>$(i,()=>i.deleteVertexArray(a)),this.getVertexArray=()=>$(i,()=>i.getParameter(i.VERTEX_ARRAY_BINDING))}else if(e!=null){let i=e.getExtension("OES_vertex_array_object");if(i==null)throw new Error("All WebGL1 implementations are expected to offer OES_vertex_array_object.");this.createVertexArray=()=>$(e,()=>i.createVertexArrayOES()),this.bindVertexArray=a=>$(e,()=>i.bindVertexArrayOES(a)),this.deleteVertexArray=a=>$(e,()=>i.deleteVertexArrayOES(a)),this.getVertexArray=()=>$(e,()=>e.getParameter(i.VERTEX_ARRAY_BINDING_OES))}let o="WEBGL_color_buffer_float",n="EXT_color_buffer_half_float";if(this.parallelCompilationExtension=this.gl.getExtension("KHR_parallel_shader_compile"),T().getNumber("WEBGL_VERSION")===1){let i="OES_texture_float",a="OES_texture_half_float";if(this.textureFloatExtension=Se(this.gl,i),W(this.gl,a))this.textureHalfFloatExtension=Se(this.gl,a);else if(T().get("WEBGL_FORCE_F16_TEXTURES"))throw new Error("GL context does not support half float textures, yet the environment flag WEBGL_FORCE_F16_TEXTURES is set to true.");if(this.colorBufferFloatExtension=this.gl.getExtension(o),W(this.gl,n))this.colorBufferHalfFloatExtension=Se(this.gl,n);else if(T().get("WEBGL_FORCE_F16_TEXTURES"))throw new Error("GL context does not support color renderable half floats, yet the environment flag WEBGL_FORCE_F16_TEXTURES is set to true.")}else if(o="EXT_color_buffer_float",W(this.gl,o))this.colorBufferFloatExtension=this.gl.getExtension(o);else if(W(this.gl,n))this.colorBufferHalfFloatExtension=this.gl.getExtension(n);else throw new Error("GL context does not support color renderable floats");this.vertexBuffer=Rr(this.gl),this.indexBuffer=_r(this.gl),this.framebuffer=rr(this.gl),this.textureConfig=Me(this.gl,this.textureHalfFloatExtension)}get debug(){return T().getBool("DEBUG")}dispose(){if(this.disposed)return;this.program!=null&&console.warn("Disposing a GPGPUContext that still has a bound WebGLProgram. This is probably a resource leak, delete the program with GPGPUContext.deleteProgram before disposing."),this.outputTexture!=null&&console.warn("Disposing a GPGPUContext that still has a bound output matrix texture.  This is probably a resource leak, delete the output matrix texture with GPGPUContext.deleteMatrixTexture before disposing.");let e=this.gl;$(e,()=>e.finish()),$(e,()=>e.bindFramebuffer(e.FRAMEBUFFER,null)),$(e,()=>e.deleteFramebuffer(this.framebuffer)),$(e,()=>e.bindBuffer(e.ARRAY_BUFFER,null)),$(e,()=>e.bindBuffer(e.ELEMENT_ARRAY_BUFFER,null)),$(e,()=>e.deleteBuffer(this.indexBuffer)),this.disposed=!0}createFloat32MatrixTexture(e,r){return this.throwIfDisposed(),br(this.gl,e,r,this.textureConfig)}createFloat16MatrixTexture(e,r){return this.throwIfDisposed(),wr(this.gl,e,r,this.textureConfig)}createUnsignedBytesMatrixTexture(e,r){return this.throwIfDisposed(),Ir(this.gl,e,r,this.textureConfig)}uploadPixelDataToTexture(e,r){this.throwIfDisposed(),Dr(this.gl,e,r)}uploadDenseMatrixToTexture(e,r,o,n){this.throwIfDisposed(),Or(this.gl,e,r,o,n,this.textureConfig)}createFloat16PackedMatrixTexture(e,r){return this.throwIfDisposed(),yr(this.gl,e,r,this.textureConfig)}createPackedMatrixTexture(e,r){return this.throwIfDisposed(),Ar(this.gl,e,r,this.textureConfig)}deleteMatrixTexture(e){this.throwIfDisposed(),this.outputTexture===e&&(it(this.gl,this.framebuffer),this.outputTexture=null),$(this.gl,()=>this.gl.deleteTexture(e))}downloadByteEncodedFloatMatrixFromOutputTexture(e,r,o){return this.downloadMatrixDriver(e,()=>Nr(this.gl,r,o,this.textureConfig))}downloadPackedMatrixFromBuffer(e,r,o,n,i,a){return Ur(this.gl,e,r,o,n,i,a,this.textureConfig)}downloadFloat32MatrixFromBuffer(e,r){return Lr(this.gl,e,r)}createBufferFromTexture(e,r,o){this.bindTextureToFrameBuffer(e);let n=Pr(this.gl,r,o,this.textureConfig);return this.unbindTextureToFrameBuffer(),n}createAndWaitForFence(){let e=this.createFence(this.gl);return this.pollFence(e)}createFence(e){let r,o;if(T().getBool("WEBGL_FENCE_API_ENABLED")){let n=e,i=n.fenceSync(n.SYNC_GPU_COMMANDS_COMPLETE,0);e.flush(),o=()=>{let a=n.clientWaitSync(i,0,0);return a===n.ALREADY_SIGNALED||a===n.CONDITION_SATISFIED},r=i}else T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_VERSION")>0?(r=this.beginQuery(),this.endQuery(),o=()=>this.isQueryAvailable(r,T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_VERSION"))):o=()=>!0;return{query:r,isFencePassed:o}}downloadMatrixFromPackedTexture(e,r,o){return this.downloadMatrixDriver(e,()=>Br(this.gl,r,o))}createProgram(e){this.throwIfDisposed();let r=this.gl;this.vertexShader==null&&(this.vertexShader=Sr(r));let o=jt(r);$(r,()=>r.attachShader(o,this.vertexShader)),$(r,()=>r.attachShader(o,e)),Qt(r,o);let n=Object.assign(o,{vao:this.createVertexArray()});return this.debug&&We(r,n),n}buildVao(e){this.setProgram(e),this.bindVertexArray(e.vao);let r=this.gl;$(r,()=>r.bindBuffer(r.ELEMENT_ARRAY_BUFFER,this.indexBuffer)),Fr(r,e,this.vertexBuffer)}deleteProgram(e){this.throwIfDisposed(),e===this.program&&(this.program=null),e!=null&&($(this.gl,()=>this.gl.deleteProgram(e)),this.deleteVertexArray(e.vao))}setProgram(e){this.throwIfDisposed(),this.program=e,this.program!=null&&this.debug&&We(this.gl,this.program),$(this.gl,()=>this.gl.useProgram(e))}getUniformLocation(e,r,o=!0){return this.throwIfDisposed(),o?or(this.gl,e,r):nr(this.gl,e,r)}getAttributeLocation(e,r){return this.throwIfDisposed(),$(this.gl,()=>this.gl.getAttribLocation(e,r))}getUniformLocationNoThrow(e,r){return this.throwIfDisposed(),this.gl.getUniformLocation(e,r)}setInputMatrixTexture(e,r,o){this.throwIfDisposed(),this.throwIfNoProgram(),ir(this.gl,e,r,o)}setOutputMatrixTexture(e,r,o){this.setOutputMatrixTextureDriver(e,o,r)}setOutputPackedMatrixTexture(e,r,o){this.throwIfDisposed();let[n,i]=K(r,o);this.setOutputMatrixTextureDriver(e,n,i)}setOutputMatrixWriteRegion(e,r,o,n){this.setOutputMatrixWriteRegionDriver(o,e,n,r)}setOutputPackedMatrixWriteRegion(e,r,o,n){throw new Error("setOutputPackedMatrixWriteRegion not implemented.")}debugValidate(){this.program!=null&&We(this.gl,this.program),Re(this.gl)}executeProgram(){this.throwIfDisposed(),this.throwIfNoProgram();let e=this.gl;if(this.debug){let r=this.getVertexArray();console.assert(r===this.program.vao,"VAO changed between setProgram and executeProgram!"),this.debugValidate()}$(e,()=>e.drawElements(e.TRIANGLES,6,e.UNSIGNED_SHORT,0))}blockUntilAllProgramsCompleted(){this.throwIfDisposed(),$(this.gl,()=>this.gl.finish())}getQueryTimerExtension(){return this.disjointQueryTimerExtension==null&&(this.disjointQueryTimerExtension=Se(this.gl,T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_VERSION")===2?"EXT_disjoint_timer_query_webgl2":"EXT_disjoint_timer_query")),this.disjointQueryTimerExtension}getQueryTimerExtensionWebGL2(){return this.getQueryTimerExtension()}getQueryTimerExtensionWebGL1(){return this.getQueryTimerExtension()}beginQuery(){if(T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_VERSION")===2){let o=this.gl,n=this.getQueryTimerExtensionWebGL2(),i=o.createQuery();return o.beginQuery(n.TIME_ELAPSED_EXT,i),i}let e=this.getQueryTimerExtensionWebGL1(),r=e.createQueryEXT();return e.beginQueryEXT(e.TIME_ELAPSED_EXT,r),r}endQuery(){if(T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_VERSION")===2){let r=this.gl,o=this.getQueryTimerExtensionWebGL2();r.endQuery(o.TIME_ELAPSED_EXT);return}let e=this.getQueryTimerExtensionWebGL1();e.endQueryEXT(e.TIME_ELAPSED_EXT)}async waitForQueryAndGetTime(e){return await m.repeatedTry(()=>this.disposed||this.isQueryAvailable(e,T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_VERSION"))),this.getQueryTime(e,T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_VERSION"))}getQueryTime(e,r){if(r===0)return null;if(r===2){let o=this.gl;return o.getQueryParameter(e,o.QUERY_RESULT)/1e6}else{let o=this.getQueryTimerExtensionWebGL1();return o.getQueryObjectEXT(e,o.QUERY_RESULT_EXT)/1e6}}isQueryAvailable(e,r){if(r===0)return!0;if(r===2){let o=this.gl,n=this.getQueryTimerExtensionWebGL2(),i=o.getQueryParameter(e,o.QUERY_RESULT_AVAILABLE);return this.disjoint==null&&(this.disjoint=this.gl.getParameter(n.GPU_DISJOINT_EXT)),i&&!this.disjoint}else{let o=this.getQueryTimerExtensionWebGL1(),n=o.getQueryObjectEXT(e,o.QUERY_RESULT_AVAILABLE_EXT);return this.disjoint==null&&(this.disjoint=this.gl.getParameter(o.GPU_DISJOINT_EXT)),n&&!this.disjoint}}pollFence(e){return new Promise(r=>{this.addItemToPoll(()=>e.isFencePassed(),()=>r())})}pollItems(){let e=ua(this.itemsToPoll.map(r=>r.isDoneFn));for(let r=0;r<=e;++r){let{resolveFn:o}=this.itemsToPoll[r];o()}this.itemsToPoll=this.itemsToPoll.slice(e+1)}addItemToPoll(e,r){if(this.itemsToPoll.push({isDoneFn:e,resolveFn:r}),this.itemsToPoll.length>1)return;let o;"setTimeoutCustom"in T().platform&&(o=T().platform.setTimeoutCustom.bind(T().platform)),m.repeatedTry(()=>(this.pollItems(),this.itemsToPoll.length===0),()=>0,null,o)}bindTextureToFrameBuffer(e){this.throwIfDisposed(),Ve(this.gl,e,this.framebuffer),this.debug&&Re(this.gl)}unbindTextureToFrameBuffer(){this.outputTexture!=null?(Ve(this.gl,this.outputTexture,this.framebuffer),this.debug&&Re(this.gl)):it(this.gl,this.framebuffer)}downloadMatrixDriver(e,r){this.bindTextureToFrameBuffer(e);let o=r();return this.unbindTextureToFrameBuffer(),o}setOutputMatrixTextureDriver(e,r,o){this.throwIfDisposed();let n=this.gl;Ve(n,e,this.framebuffer),this.debug&&Re(n),this.outputTexture=e,$(n,()=>n.viewport(0,0,r,o)),$(n,()=>n.scissor(0,0,r,o))}setOutputMatrixWriteRegionDriver(e,r,o,n){this.throwIfDisposed(),$(this.gl,()=>this.gl.scissor(e,r,o,n))}throwIfDisposed(){if(this.disposed)throw new Error("Attempted to use disposed GPGPUContext.")}throwIfNoProgram(){if(this.program==null)throw new Error("No GPU program is currently set.")}};function ua(t){let e=0;for(;e<t.length&&t[e]();++e);return e-1}var Ut=class{constructor(e){if(this.variableNames=["A"],this.packedInputs=!1,this.packedOutput=!0,this.outputShape=e,this.rank=e.length,this.enableShapeUniforms=A(this.outputShape.length),this.rank===0)this.userCode=`
        void main() {
          setOutput(vec4(getA(), 0., 0., 0.));
        }
      `;else{let r=V("rc",this.rank),o=P(this.rank),n=this.getOutOfBoundsCondition(r),i=this.getSetup(r),a=this.getOutput(r);this.userCode=`
        void main() {
          ${o} rc = getOutputCoords();

          if(${n}) {
            setOutput(vec4(0));
          } else {
            ${i}

            setOutput(vec4(${a}));
          }
        }
      `}}getSourceCoordsArr(e){let r=[];for(let o=0;o<=1;o++)for(let n=0;n<=1;n++){let i=`${o===0?"r":"rp1"}, ${n===0?"c":"cp1"}`;for(let a=2;a<this.rank;a++)i=`${e[e.length-1-a]},`+i;r.push(i)}return r}getOutOfBoundsCondition(e){if(this.rank===1)return`rc > ${this.enableShapeUniforms?"outShape":this.outputShape[0]}`;let r="";for(let o=this.rank-2;o<this.rank;o++)r+=`${e[o]} >= ${this.enableShapeUniforms?`outShape[${o}]`:this.outputShape[o]}`,o<this.rank-1&&(r+="||");return r}getSetup(e){if(this.rank===1)return"";let r=e.slice(-2),o=this.enableShapeUniforms?`outShape[${this.rank} - 1]`:this.outputShape[this.rank-1],n=this.enableShapeUniforms?`outShape[${this.rank} - 2]`:this.outputShape[this.rank-2];return`
      int r = ${r[0]};
      int c = ${r[1]};
      int rp1 = r + 1;
      int cp1 = c + 1;

      bool cEdge = cp1 >= ${o};
      bool rEdge = rp1 >= ${n};
    `}getOutput(e){let r=this.getSourceCoordsArr(e);return this.rank===1?`getA(rc), (rc + 1 >= ${this.enableShapeUniforms?"outShape":this.outputShape[0]} ? 0. : getA(rc + 1)), 0, 0`:`getA(${r[0]}),
            cEdge ? 0. : getA(${r[1]}),
            rEdge ? 0. : getA(${r[2]}),
            rEdge || cEdge ? 0. : getA(${r[3]})`}};var Bt=class{constructor(e){this.gpgpu=e,this.numUsedTextures=0,this.numFreeTextures=0,this._numBytesAllocated=0,this._numBytesFree=0,this.freeTextures={},this.usedTextures={},this.logEnabled=!1}acquireTexture(e,r,o){let n=Dn(r,o),i=Pn(e,n,o);i in this.freeTextures||(this.freeTextures[i]=[]),i in this.usedTextures||(this.usedTextures[i]=[]);let a=On(e,n,this.gpgpu.gl,this.gpgpu.textureConfig,o);if(this.freeTextures[i].length>0){this.numFreeTextures--,this.numUsedTextures++,this._numBytesFree-=a,this.log();let s=this.freeTextures[i].pop();return this.usedTextures[i].push(s),s}let l;return n===L.PACKED_2X2_FLOAT32?l=this.gpgpu.createPackedMatrixTexture(e[0],e[1]):n===L.PACKED_2X2_FLOAT16?l=this.gpgpu.createFloat16PackedMatrixTexture(e[0],e[1]):n===L.UNPACKED_FLOAT32?l=this.gpgpu.createFloat32MatrixTexture(e[0],e[1]):n===L.UNPACKED_FLOAT16?l=this.gpgpu.createFloat16MatrixTexture(e[0],e[1]):n===L.PACKED_4X1_UNSIGNED_BYTE&&(l=this.gpgpu.createUnsignedBytesMatrixTexture(e[0],e[1])),this.usedTextures[i].push(l),this.numUsedTextures++,this._numBytesAllocated+=a,this.log(),l}releaseTexture(e,r,o,n){if(this.freeTextures==null)return;let i=Dn(o,n),a=Pn(r,i,n);a in this.freeTextures||(this.freeTextures[a]=[]);let l=On(r,i,this.gpgpu.gl,this.gpgpu.textureConfig,n),s=T().getNumber("WEBGL_DELETE_TEXTURE_THRESHOLD");s!==-1&&this._numBytesAllocated>s?(this.gpgpu.deleteMatrixTexture(e.texture),this._numBytesAllocated-=l):(this.freeTextures[a].push(e),this.numFreeTextures++,this._numBytesFree+=l),this.numUsedTextures--;let u=this.usedTextures[a],c=u&&u.indexOf(e);if(c==null||c<0)throw new Error("Cannot release a texture that was never provided by this texture manager");u[c]=u[u.length-1],u.pop(),this.log()}log(){if(!this.logEnabled)return;let e=this.numFreeTextures+this.numUsedTextures;console.log("Free/Used",`${this.numFreeTextures} / ${this.numUsedTextures}`,`(${e})`);let r=this._numBytesFree/this._numBytesAllocated;console.log(`Bytes allocated: ${this._numBytesAllocated}`),console.log(`Bytes unused: ${this._numBytesFree} (${Math.round(100*r)}%)`)}get numBytesAllocated(){return this._numBytesAllocated}get numBytesFree(){return this._numBytesFree}getNumUsedTextures(){return this.numUsedTextures}getNumFreeTextures(){return this.numFreeTextures}dispose(){if(this.freeTextures!=null){for(let e in this.freeTextures)this.freeTextures[e].forEach(r=>{this.gpgpu.deleteMatrixTexture(r.texture)});for(let e in this.usedTextures)this.usedTextures[e].forEach(r=>{this.gpgpu.deleteMatrixTexture(r.texture)});this.freeTextures=null,this.usedTextures=null,this.numUsedTextures=0,this.numFreeTextures=0,this._numBytesAllocated=0,this._numBytesFree=0}}};function ca(t,e){let r=t;if(e===r.R32F)return 4;if(e===r.R16F)return 2;if(e===r.RGBA32F)return 16;if(e===t.RGBA)return 16;if(e===r.RGBA16F)return 8;if(e===r.RGBA8)return 4;throw new Error(`Unknown internal format ${e}`)}function On(t,e,r,o,n){let i=pa(e,o),a;if(n){let[s,u]=K(t[0],t[1]);a=s*u}else{let[s,u]=ue(t[0],t[1]);a=s*u}let l=ca(r,i);return a*l}function pa(t,e){switch(t){case L.PACKED_2X2_FLOAT32:return Lt(e);case L.PACKED_2X2_FLOAT16:return Nt(e);case L.UNPACKED_FLOAT32:return Ot(e);case L.UNPACKED_FLOAT16:return Dt(e);case L.PACKED_4X1_UNSIGNED_BYTE:return Pt(e);default:throw new Error(`Unknown physical texture type ${t}`)}}function da(t){return T().getBool("WEBGL_RENDER_FLOAT32_ENABLED")?t?L.PACKED_2X2_FLOAT32:L.UNPACKED_FLOAT32:t?L.PACKED_2X2_FLOAT16:L.UNPACKED_FLOAT16}function Dn(t,e){if(t===B.UPLOAD)return L.PACKED_2X2_FLOAT32;if(t===B.RENDER||t==null)return da(e);if(t===B.DOWNLOAD||t===B.PIXELS)return L.PACKED_4X1_UNSIGNED_BYTE;throw new Error(`Unknown logical texture type ${t}`)}function Pn(t,e,r){return`${t[0]}_${t[1]}_${e}_${r}`}var kt=class{constructor(e){this.variableNames=["A"],this.packedInputs=!0,this.packedOutput=!1,this.outputShape=e,this.enableShapeUniforms=A(this.outputShape.length);let r=e.length,o=V("rc",r),n=P(r),i=Oo(r,o),a=o.slice(-2),l=r<=1?"rc":`vec2(${a.join(",")})`;this.userCode=`
      void main() {
        ${n} rc = getOutputCoords();
        vec4 packedInput = getA(${i});

        setOutput(getChannel(packedInput, ${l}));
      }
    `}};var ha=xo.whereImpl,fa=1e-7,xa=1e-4,Mt={};function ma(t){return t in Mt||(Mt[t]={}),Mt[t]}var ga=T().getNumber("CPU_HANDOFF_SIZE_THRESHOLD"),Ca=600;function Ta(){return T().global.screen==null?1024:T().global.screen.height*T().global.screen.width*window.devicePixelRatio*Ca/1024/1024}var De=class t extends Gr{nextDataId(){return t.nextDataId++}constructor(e){if(super(),this.pendingRead=new WeakMap,this.pendingDisposal=new WeakSet,this.dataRefCount=new WeakMap,this.numBytesInGPU=0,this.uploadWaitMs=0,this.downloadWaitMs=0,this.lastGlFlushTime=0,this.warnedAboutMemory=!1,this.pendingDeletes=0,this.disposed=!1,!T().getBool("HAS_WEBGL"))throw new Error("WebGL is not supported on this device");let r;if(e!=null){if(e instanceof de)r=e;else{let o=M(T().getNumber("WEBGL_VERSION"),e);r=new de(o)}this.binaryCache={},this.gpgpuCreatedLocally=!1}else{let o=M(T().getNumber("WEBGL_VERSION"));r=new de(o),this.binaryCache=ma(T().getNumber("WEBGL_VERSION")),this.gpgpuCreatedLocally=!0}this.gpgpu=r,this.canvas=this.gpgpu.gl.canvas,this.textureManager=new Bt(this.gpgpu),this.numMBBeforeWarning=Ta(),this.texData=new Vr(this,q())}numDataIds(){return this.texData.numDataIds()-this.pendingDeletes}writeTexture(e,r,o,n,i,a){let l=this.makeTensorInfo(r,o),s=this.texData.get(l.dataId);s.isPacked=!1,s.texture={texture:e,texShape:[n,i]},s.texShape=[n,i];let u=_e(r),c=new Ke(u,!1,a),p=this.runWebGLProgram(c,[l],o,[[n,i]]);return p.shape=r,s.texture=null,this.disposeIntermediateTensorInfo(l),p.dataId}write(e,r,o){if((T().getBool("WEBGL_CHECK_NUMERICAL_PROBLEMS")||T().getBool("DEBUG"))&&this.checkNumericalProblems(e),o==="complex64"&&e!=null)throw new Error("Cannot write to a complex64 dtype. Please use tf.complex(real, imag).");let n={id:this.nextDataId()};return this.texData.set(n,{shape:r,dtype:o,values:e,usage:B.UPLOAD,refCount:1}),n}refCount(e){return this.texData.has(e)?this.texData.get(e).refCount:0}incRef(e){let r=this.texData.get(e);r.refCount++}decRef(e){if(this.texData.has(e)){let r=this.texData.get(e);r.refCount--}}move(e,r,o,n,i){if(T().getBool("DEBUG")&&this.checkNumericalProblems(r),n==="complex64")throw new Error("Cannot write to a complex64 dtype. Please use tf.complex(real, imag).");this.texData.set(e,{shape:o,dtype:n,values:r,usage:B.UPLOAD,refCount:i})}disposeIntermediateTensorInfo(e){this.disposeData(e.dataId)}readSync(e){let r=this.texData.get(e),{values:o,dtype:n,complexTensorInfos:i,slice:a,shape:l,isPacked:s}=r;if(a!=null){let d;s?d=new X(l,Y):d=new k(l,Y);let h=this.runWebGLProgram(d,[{dataId:e,shape:l,dtype:n}],n),f=this.readSync(h.dataId);return this.disposeIntermediateTensorInfo(h),f}if(o!=null)return this.convertAndCacheOnCPU(e);if(n==="string")return o;let u=this.activeTimers!=null,c;u&&(c=m.now());let p;if(n==="complex64"){let d=this.readSync(i.real.dataId),h=this.readSync(i.imag.dataId);p=R.mergeRealAndImagArrays(d,h)}else p=this.getValuesFromTexture(e);return u&&(this.downloadWaitMs+=m.now()-c),this.convertAndCacheOnCPU(e,p)}async read(e){if(this.pendingRead.has(e)){let f=this.pendingRead.get(e);return new Promise(C=>f.push(C))}let r=this.texData.get(e),{values:o,shape:n,slice:i,dtype:a,complexTensorInfos:l,isPacked:s}=r;if(i!=null){let f;s?f=new X(n,Y):f=new k(n,Y);let C=this.runWebGLProgram(f,[{dataId:e,shape:n,dtype:a}],a),g=this.read(C.dataId);return this.disposeIntermediateTensorInfo(C),g}if(o!=null)return this.convertAndCacheOnCPU(e);if(T().getBool("DEBUG")&&!T().getBool("WEBGL_DOWNLOAD_FLOAT_ENABLED")&&T().getNumber("WEBGL_VERSION")===2)throw new Error("tensor.data() with WEBGL_DOWNLOAD_FLOAT_ENABLED=false and WEBGL_VERSION=2 not yet supported.");let u=null,c;if(a!=="complex64"&&T().get("WEBGL_BUFFER_SUPPORTED")){c=this.decode(e);let f=this.texData.get(c.dataId);u=this.gpgpu.createBufferFromTexture(f.texture.texture,...ke(n))}this.pendingRead.set(e,[]),a!=="complex64"&&await this.gpgpu.createAndWaitForFence();let p;if(a==="complex64"){let f=await Promise.all([this.read(l.real.dataId),this.read(l.imag.dataId)]),C=f[0],g=f[1];p=R.mergeRealAndImagArrays(C,g)}else if(u==null)p=this.getValuesFromTexture(e);else{let f=m.sizeFromShape(n);p=this.gpgpu.downloadFloat32MatrixFromBuffer(u,f)}if(c!=null&&this.disposeIntermediateTensorInfo(c),u!=null){let f=this.gpgpu.gl;$(f,()=>f.deleteBuffer(u))}let d=this.convertAndCacheOnCPU(e,p),h=this.pendingRead.get(e);return this.pendingRead.delete(e),h.forEach(f=>f(d)),this.pendingDisposal.has(e)&&(this.pendingDisposal.delete(e),this.disposeData(e)&&q().removeDataId(e,this),this.pendingDeletes--),d}readToGPU(e,r={}){let o=this.texData.get(e),{values:n,shape:i,slice:a,dtype:l,isPacked:s,texture:u}=o;if(l==="complex64")throw new Error("Does not support reading texture for complex64 dtype.");if(a!=null){let h;s?h=new X(i,Y):h=new k(i,Y);let f=this.runWebGLProgram(h,[{dataId:e,shape:i,dtype:l}],l),C=this.readToGPU(f,r);return this.disposeIntermediateTensorInfo(f),C}if(u==null)throw n!=null?new Error("Data is not on GPU but on CPU."):new Error("There is no data on GPU or CPU.");let c=this.decode(e,r.customTexShape),p=q().makeTensorFromTensorInfo(c),d=this.texData.get(c.dataId);return Object.assign({tensorRef:p},d.texture)}bufferSync(e){let r=this.readSync(e.dataId);if(e.dtype==="string")try{let o=r.map(n=>m.decodeString(n));return Gt(e.shape,e.dtype,o)}catch{throw new Error("Failed to decode encoded string bytes into utf-8")}return Gt(e.shape,e.dtype,r)}checkNumericalProblems(e){if(e!=null)for(let r=0;r<e.length;r++){let o=e[r];if(!Kt(o))throw T().getBool("WEBGL_RENDER_FLOAT32_CAPABLE")?Error(`The value ${o} cannot be represented with your current settings. Consider enabling float32 rendering: 'tf.env().set('WEBGL_RENDER_FLOAT32_ENABLED', true);'`):Error(`The value ${o} cannot be represented on this device.`)}}getValuesFromTexture(e){let{shape:r,dtype:o,isPacked:n}=this.texData.get(e),i=m.sizeFromShape(r);if(T().getBool("WEBGL_DOWNLOAD_FLOAT_ENABLED")){let d=this.decode(e),h=this.texData.get(d.dataId),f=this.gpgpu.downloadMatrixFromPackedTexture(h.texture.texture,...ke(r)).subarray(0,i);return this.disposeIntermediateTensorInfo(d),f}let a=T().getBool("WEBGL_PACK")&&n===!0,l=a?_e(r):r,s=a?new yt(l):new At(l),u=this.runWebGLProgram(s,[{shape:l,dtype:o,dataId:e}],"float32"),c=this.texData.get(u.dataId),p=this.gpgpu.downloadByteEncodedFloatMatrixFromOutputTexture(c.texture.texture,c.texShape[0],c.texShape[1]).subarray(0,i);return this.disposeIntermediateTensorInfo(u),p}timerAvailable(){return T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_RELIABLE")>0}time(e){let r=this.activeTimers,o=[],n=!1;this.programTimersStack==null?(this.programTimersStack=o,n=!0):this.activeTimers.push(o),this.activeTimers=o,e();let i=m.flatten(this.activeTimers.map(s=>s.query)).filter(s=>s!=null),a=m.flatten(this.activeTimers.map(s=>s.name)).filter(s=>s!=null);this.activeTimers=r,n&&(this.programTimersStack=null);let l={uploadWaitMs:this.uploadWaitMs,downloadWaitMs:this.downloadWaitMs,kernelMs:null,wallMs:null};return(async()=>{if(T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_RELIABLE")>0){let s=await Promise.all(i);l.kernelMs=m.sum(s),l.getExtraProfileInfo=()=>s.map((u,c)=>({name:a[c],ms:u})).map(u=>`${u.name}: ${u.ms}`).join(", ")}else l.kernelMs={error:"WebGL query timers are not supported in this environment."};return this.uploadWaitMs=0,this.downloadWaitMs=0,l})()}memory(){return{unreliable:!1,numBytesInGPU:this.numBytesInGPU,numBytesInGPUAllocated:this.textureManager.numBytesAllocated,numBytesInGPUFree:this.textureManager.numBytesFree}}startTimer(){return T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_RELIABLE")>0?this.gpgpu.beginQuery():{startMs:m.now(),endMs:null}}endTimer(e){return T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_RELIABLE")>0?(this.gpgpu.endQuery(),e):(e.endMs=m.now(),e)}async getQueryTime(e){if(T().getNumber("WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_RELIABLE")>0)return this.gpgpu.waitForQueryAndGetTime(e);let r=e;return r.endMs-r.startMs}disposeData(e,r=!1){if(this.pendingDisposal.has(e))return!1;if(!this.texData.has(e))return!0;if(r?this.texData.get(e).refCount=0:this.texData.get(e).refCount--,!r&&this.texData.get(e).refCount>0)return!1;if(this.pendingRead.has(e))return this.pendingDisposal.add(e),this.pendingDeletes++,!1;this.releaseGPUData(e);let{complexTensorInfos:o}=this.texData.get(e);return o!=null&&(this.disposeData(o.real.dataId,r),this.disposeData(o.imag.dataId,r)),this.texData.delete(e),!0}releaseGPUData(e){let{texture:r,dtype:o,texShape:n,usage:i,isPacked:a,slice:l}=this.texData.get(e),s=l&&l.origDataId||e,u=this.dataRefCount.get(s);u>1?this.dataRefCount.set(s,u-1):(this.dataRefCount.delete(s),r!=null&&(this.numBytesInGPU-=this.computeBytes(n,o),this.textureManager.releaseTexture(r,n,i,a)));let c=this.texData.get(e);c.texture=null,c.texShape=null,c.isPacked=!1,c.slice=null}getTexture(e){return this.uploadToGPU(e),this.texData.get(e).texture.texture}getDataInfo(e){return this.texData.get(e)}shouldExecuteOnCPU(e,r=ga){return T().getBool("WEBGL_CPU_FORWARD")&&e.every(o=>this.texData.get(o.dataId).texture==null&&m.sizeFromShape(o.shape)<r)}getGPGPUContext(){return this.gpgpu}where(e){R.warn("tf.where() in webgl locks the UI thread. Call tf.whereAsync() instead");let r=e.dataSync();return ha(e.shape,r)}packedUnaryOp(e,r,o){let n=new X(e.shape,r),i=this.compileAndRun(n,[e],o);return q().makeTensorFromTensorInfo(i)}abs(e){if(this.shouldExecuteOnCPU([e])&&e.dtype!=="complex64"){let n=tn(this.texData.get(e.dataId).values);return this.makeOutput(e.shape,e.dtype,n)}if(T().getBool("WEBGL_PACK_UNARY_OPERATIONS"))return this.packedUnaryOp(e,xr,e.dtype);let r=new k(e.shape,xr),o=this.compileAndRun(r,[e]);return q().makeTensorFromTensorInfo(o)}makeTensorInfo(e,r,o){let n;if(r==="string"&&o!=null&&o.length>0&&m.isString(o[0])){let i=o.map(a=>m.encodeString(a));n=this.write(i,e,r)}else n=this.write(o,e,r);return this.texData.get(n).usage=null,{dataId:n,shape:e,dtype:r}}makeOutput(e,r,o){return q().makeTensorFromTensorInfo(this.makeTensorInfo(e,r,o),this)}unpackTensor(e){let r=new kt(e.shape);return this.runWebGLProgram(r,[e],e.dtype)}packTensor(e){let r=new Ut(e.shape);return this.runWebGLProgram(r,[e],e.dtype,null,!0)}packedReshape(e,r){let o=[Q(e.shape),...Z(e.shape)],n={dtype:e.dtype,shape:o,dataId:e.dataId},i=[Q(r),...Z(r)],a=new Ae(i,o),l=!0,s=[o],u=this.runWebGLProgram(a,[n],e.dtype,s,l);return{dataId:u.dataId,shape:r,dtype:u.dtype}}decode(e,r){let o=this.texData.get(e),{isPacked:n,shape:i,dtype:a}=o;if(r!=null){let d=m.sizeFromShape(i),h=r[0]*r[1]*4;m.assert(d<=h,()=>"customTexShape is too small. Row * Column * 4 should be equal or larger than the size of the tensor data.")}let l=_e(i),s;n?s=new It(l):s=new wt(l);let u=!0,c=[r??ke(l)],p=this.runWebGLProgram(s,[{shape:l,dtype:a,dataId:e}],a,c,u,r);return{dtype:a,shape:i,dataId:p.dataId}}runWebGLProgram(e,r,o,n,i=!1,a){let l=this.makeTensorInfo(e.outputShape,o),s=this.texData.get(l.dataId);if(e.packedOutput&&(s.isPacked=!0),e.outPackingScheme===te.DENSE){let x=a??ke(e.outputShape);s.texShape=x.map(E=>E*2)}if(e.outTexUsage!=null&&(s.usage=e.outTexUsage),m.sizeFromShape(l.shape)===0)return s.values=m.getTypedArrayFromDType(l.dtype,0),l;let u=[],c=r.map(x=>{if(x.dtype==="complex64")throw new Error("GPGPUProgram does not support complex64 input. For complex64 dtypes, please separate the program into real and imaginary parts.");let E=this.texData.get(x.dataId);if(E.texture==null){if(!e.packedInputs&&m.sizeFromShape(x.shape)<=T().getNumber("WEBGL_SIZE_UPLOAD_UNIFORM"))return{shape:x.shape,texData:null,isUniform:!0,uniformValues:E.values};e.packedInputs&&(E.isPacked=!0,E.shape=x.shape)}if(this.uploadToGPU(x.dataId),!!E.isPacked!=!!e.packedInputs)x=E.isPacked?this.unpackTensor(x):this.packTensor(x),u.push(x),E=this.texData.get(x.dataId);else if(E.isPacked&&!re(E.shape,x.shape)){let b=x,v=x.shape;x.shape=E.shape,x=this.packedReshape(x,v),u.push(x),E=this.texData.get(x.dataId),b.shape=v}return{shape:x.shape,texData:E,isUniform:!1}});this.uploadToGPU(l.dataId);let p={shape:l.shape,texData:s,isUniform:!1},d=Fo(e,c,p),h=this.getAndSaveBinary(d,()=>Ao(this.gpgpu,e,c,p)),f=this.activeTimers!=null,C;f&&(C=this.startTimer()),T().get("ENGINE_COMPILE_ONLY")||yo(this.gpgpu,h,c,p,n),u.forEach(x=>this.disposeIntermediateTensorInfo(x)),f&&(C=this.endTimer(C),this.activeTimers.push({name:e.constructor.name,query:this.getQueryTime(C)}));let g=T().getNumber("WEBGL_FLUSH_THRESHOLD");if(g>0){let x=m.now();x-this.lastGlFlushTime>g&&(this.gpgpu.gl.flush(),this.lastGlFlushTime=x)}if(!T().getBool("WEBGL_LAZILY_UNPACK")&&s.isPacked&&i===!1){let x=this.unpackTensor(l);return this.disposeIntermediateTensorInfo(l),x}return l}compileAndRun(e,r,o,n,i=!1){return o=o||r[0].dtype,this.runWebGLProgram(e,r,o,n,i)}getAndSaveBinary(e,r){return e in this.binaryCache||(this.binaryCache[e]=r()),this.binaryCache[e]}getTextureManager(){return this.textureManager}dispose(){this.disposed||(T().getBool("IS_TEST")||Object.keys(this.binaryCache).forEach(r=>{this.gpgpu.deleteProgram(this.binaryCache[r].webGLProgram),delete this.binaryCache[r]}),this.textureManager.dispose(),this.canvas!=null&&typeof HTMLCanvasElement<"u"&&this.canvas instanceof HTMLCanvasElement?this.canvas.remove():this.canvas=null,this.gpgpuCreatedLocally&&(this.gpgpu.program=null,this.gpgpu.dispose()),this.disposed=!0)}floatPrecision(){return this.floatPrecisionValue==null&&(this.floatPrecisionValue=lo(()=>{if(!T().get("WEBGL_RENDER_FLOAT32_ENABLED")){let e=T().getBool("DEBUG");T().set("DEBUG",!1);let r=this.abs(po(1e-8)).dataSync()[0];if(T().set("DEBUG",e),r>0)return 32}return 16})),this.floatPrecisionValue}epsilon(){return this.floatPrecision()===32?fa:xa}uploadToGPU(e){let r=this.texData.get(e),{shape:o,dtype:n,values:i,texture:a,usage:l,isPacked:s}=r;if(a!=null)return;let u=this.activeTimers!=null,c;u&&(c=m.now());let p=r.texShape;if(p==null&&(p=ar(o,s),r.texShape=p),i!=null){let d=_e(o),h,f=p[1],C=p[0],g=i instanceof Uint8Array||i instanceof Uint8ClampedArray;(s||!g)&&([f,C]=K(p[0],p[1])),s?h=new Ft(d,g):h=new Ke(d,g);let x=g?[C,f]:p,E=this.makeTensorInfo(x,n),b=this.texData.get(E.dataId);g?b.usage=B.PIXELS:b.usage=B.UPLOAD,b.texShape=x,this.gpgpu.uploadDenseMatrixToTexture(this.getTexture(E.dataId),f,C,i);let v=[[C,f]],y=this.runWebGLProgram(h,[E],n,v,!0),I=this.texData.get(y.dataId);r.texShape=I.texShape,r.isPacked=I.isPacked,r.usage=I.usage,T().get("ENGINE_COMPILE_ONLY")?this.disposeData(y.dataId):(r.texture=I.texture,r.values=null,this.texData.delete(y.dataId)),this.disposeIntermediateTensorInfo(E),u&&(this.uploadWaitMs+=m.now()-c)}else{let d=this.acquireTexture(p,l,n,s);r.texture=d}}convertAndCacheOnCPU(e,r){let o=this.texData.get(e),{dtype:n}=o;return r!=null&&(o.values=$a(r,n)),o.values}acquireTexture(e,r,o,n){if(this.numBytesInGPU+=this.computeBytes(e,o),!this.warnedAboutMemory&&this.numBytesInGPU>this.numMBBeforeWarning*1024*1024){let i=(this.numBytesInGPU/1024/1024).toFixed(2);this.warnedAboutMemory=!0,console.warn(`High memory usage in GPU: ${i} MB, most likely due to a memory leak`)}return this.textureManager.acquireTexture(e,r,n)}computeBytes(e,r){return e[0]*e[1]*m.bytesPerElement(r)}checkCompileCompletion(){for(let[,e]of Object.entries(this.binaryCache))this.checkCompletion_(e)}async checkCompileCompletionAsync(){let e=[];if(this.gpgpu.parallelCompilationExtension){for(let[,r]of Object.entries(this.binaryCache))e.push(this.checkCompletionAsync_(r));return Promise.all(e)}else{for(let[,r]of Object.entries(this.binaryCache)){let o=new Promise(n=>{try{this.checkCompletion_(r),n(!0)}catch(i){throw i}});e.push(o)}return Promise.all(e)}}async checkCompletionAsync_(e){return this.gpgpu.gl.getProgramParameter(e.webGLProgram,this.gpgpu.parallelCompilationExtension.COMPLETION_STATUS_KHR)?this.checkCompletion_(e):(await fo(),this.checkCompletionAsync_(e))}checkCompletion_(e){if(this.gpgpu.gl.getProgramParameter(e.webGLProgram,this.gpgpu.gl.LINK_STATUS)===!1)throw console.log(this.gpgpu.gl.getProgramInfoLog(e.webGLProgram)),this.gpgpu.gl.getShaderParameter(e.fragmentShader,this.gpgpu.gl.COMPILE_STATUS)===!1?(ot(e.source,this.gpgpu.gl.getShaderInfoLog(e.fragmentShader)),new Error("Failed to compile fragment shader.")):new Error("Failed to link vertex and fragment shaders.");return!0}getUniformLocations(){for(let e of Object.values(this.binaryCache)){this.gpgpu.buildVao(e.webGLProgram);let{variablesLocations:r,customUniformLocations:o,infLoc:n,nanLoc:i,outShapeLocation:a,outShapeStridesLocation:l,outTexShapeLocation:s}=hr(this.gpgpu,e.program,e.webGLProgram);e.variablesLocations=r,e.customUniformLocations=o,e.infLoc=n,e.nanLoc=i,e.outShapeLocation=a,e.outShapeStridesLocation=l,e.outTexShapeLocation=s}}createTensorFromGPUData(e,r,o){e.channels=e.channels||"RGBA";let{texture:n,height:i,width:a,channels:l}=e,s=q().backend;if(!s.gpgpu.gl.isTexture(n))throw new Error("The texture is invalid. Also, please make sure the texture and the TFJS WebGL backend are using the same canvas. If you want to use your own custom canvas, you have to create and use the custom TFJS WebGL backend created from the canvas through 'new tf.MathBackendWebGL(customCanvas)'.");let u=s.writeTexture(n,r,o,i,a,l);return q().makeTensorFromDataId(u,r,o,s)}};De.nextDataId=0;function $a(t,e){if(e==="float32"||e==="complex64")return t;if(e==="int32"||e==="bool"){let r=e==="int32"?new Int32Array(t.length):new Uint8Array(t.length);for(let o=0;o<r.length;++o)r[o]=Math.round(t[o]);return r}else throw new Error(`Unknown dtype ${e}`)}var Ea="4.22.0";function Ln(){T().set("WEBGL_FORCE_F16_TEXTURES",!0)}Ue.isBrowser()&&uo("webgl",()=>new De,2);var Dd={forceHalfFloat:Ln};for(let t of[an,sn,ln,gn,$n,vn,Sn,Rn,Do,_n,cn,bn,dn,wn,In,An,Fn,xn,mn])ao(t);export{de as GPGPUContext,De as MathBackendWebGL,Ln as forceHalfFloat,kr as gpgpu_util,zt as setWebGLContext,Ea as version_webgl,Dd as webgl,be as webgl_util};
